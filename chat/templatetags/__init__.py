"""Tags of templates.

prices: what the admin's first page says of them. account_json: values for a page's scripts. sections: of the settings.
"""
