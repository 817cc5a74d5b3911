"""Django's admin, for people who run the site."""

from django.contrib import admin

from chat.admin import access, catalog, conversations, generations, ledger

__all__ = ["access", "catalog", "conversations", "generations", "ledger"]

admin.site.site_header = admin.site.site_title = "chatsite"
admin.site.index_title = "Administration"
