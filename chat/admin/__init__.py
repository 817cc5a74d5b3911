"""Django's admin, for people who run the site."""

from django.contrib import admin

from chat.admin import (
    access,
    accounts,
    budgets,
    catalog,
    conversations,
    generations,
    invitations,
    ledger,
    limits,
    policy,
    prices,
    reading,
    users,
)

__all__ = [
    "access",
    "accounts",
    "budgets",
    "catalog",
    "conversations",
    "generations",
    "invitations",
    "ledger",
    "limits",
    "policy",
    "prices",
    "reading",
    "users",
]

admin.site.site_header = admin.site.site_title = "chatsite"
admin.site.index_title = "Administration"
