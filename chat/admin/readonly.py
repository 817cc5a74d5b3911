"""Rows that the admin shows and never changes."""

from typing import Any

from django.http import HttpRequest

from chat.admin.generic import BaseModelAdmin


class ReadOnly(BaseModelAdmin[Any]):
    """For those with the right to view: no adding, changing or deleting."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
