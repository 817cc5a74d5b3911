"""Deleting in the admin: counts what goes along before it asks, and deletes people with everything of theirs."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from chat import deletion
from chat.admin.generic import ModelAdmin
from chat.errors import ChatError


class CountedDeletion(ModelAdmin[Any]):
    """Counts what goes along instead of loading and listing every row of it.

    Whoever may delete the object may delete what belongs to it, even where the admin does not let that be deleted
    by itself. Usage records belong to nobody and stay.
    """

    def belongings(self, objs: list[Any]) -> Iterable[QuerySet[Any]]:
        """The rows that are deleted along with `objs`."""
        raise NotImplementedError

    def get_deleted_objects(
        self, objs: QuerySet[Any] | Sequence[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[Any, Any], set[Any], list[Any]]:
        chosen = list(objs)
        counts = {str(self.opts.verbose_name_plural): len(chosen)}
        for rows in self.belongings(chosen):
            counts[str(rows.model._meta.verbose_name_plural)] = rows.count()
        return [str(obj) for obj in chosen], counts, set(), []


class AccountDeletion(ModelAdmin[User]):
    """Deletes people as they delete themselves, but at once: the ledger keeps their sums under "a former user"."""

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # Django's own opens a transaction around it, in which answers that are being written could not end.
        view: HttpResponse = self._delete_view(request, object_id, extra_context)  # type: ignore[attr-defined]
        return view

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        try:
            deletion.delete_account(obj.pk)
        except ChatError as error:
            self.message_user(request, error.message, messages.ERROR)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            self.delete_model(request, user)
