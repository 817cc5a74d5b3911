"""Django's admin, for people who run the site."""

from django.contrib import admin

from chat.admin import (
    access,
    accounts,
    budget,
    catalog,
    conversations,
    generations,
    invitations,
    ledger,
    people,
    policy,
    prices,
    rate,
    reading,
)

__all__ = [
    "access",
    "accounts",
    "budget",
    "catalog",
    "conversations",
    "generations",
    "invitations",
    "ledger",
    "people",
    "policy",
    "prices",
    "rate",
    "reading",
]

admin.site.site_header = admin.site.site_title = "chatsite"
admin.site.index_title = "Administration"
