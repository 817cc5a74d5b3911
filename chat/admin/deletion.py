"""What the admin says before it deletes something with a long tail."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from chat.admin.generic import ModelAdmin


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
