"""Lists of a table that is too long to count."""

from functools import cached_property
from typing import Any, Final, cast

from django.contrib.admin import ShowFacets
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest

from chat.admin.generic import ModelAdmin, Paginator

CAP: Final = 10_000


class CappedPaginator(Paginator[Any]):
    """Counts no further than `CAP` rows and pages no further either: beyond that, people filter or search."""

    @cached_property
    def _counted(self) -> int:
        rows = cast(QuerySet[Any], self.object_list).order_by()
        # Without the annotations that only shown rows need.
        return rows.values("pk")[: CAP + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self._counted, CAP)

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than are counted."""
        return self._counted > CAP


class CappedList(ChangeList):
    """Offers a way back to all rows only where some are left out."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count


class CappedModelAdmin(ModelAdmin[Any]):
    """Lists many rows without counting, faceting or sorting all of them."""

    list_per_page = 50
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER

    class Media:
        css = {"all": ["chat/admin/admin.css"]}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CappedList
