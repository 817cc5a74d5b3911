"""Tags of templates: account_json (values for a page's scripts), prices (the admin's first page), sections (of the settings)."""
