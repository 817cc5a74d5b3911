"""Django's admin, for people who run the site."""

from django.contrib import admin

from chat.admin import (
    access,
    accounts,
    catalog,
    conversations,
    generations,
    invitations,
    ledger,
    policy,
    prices,
    reading,
)
from chat.admin import budgets as budget
from chat.admin import limits as rate
from chat.admin import users as people

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
