"""Django's admin, for people who run the site: one file for each subject, named as its rows and its rules.

- The usage page is usage, with filters (what is asked for), dashboard, health and charts (its parts), csv_export (the
  ledger as CSV) and reconciliation (the providers' bills beside it).
- Who may grant what and touch whom is a rule of `chat/models/permissions.py`. reading tells who may read what people
  said, and notes that they did.
- learnt shows what a model's server taught, to tick and forget.
- generic, paginator and readonly are what the lists share; deletion, what is said before something is deleted.
"""

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
