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
]

admin.site.site_header = admin.site.site_title = "chatsite"
admin.site.index_title = "Administration"
