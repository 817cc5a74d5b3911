"""A part of the ledger: who, what and how."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from django.db.models import QuerySet

from chat.models import DailyTotal, UsageRecord
from chat.usage.period import Period

NUMBERS: Final = ("user", "key")
LARGEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for; None is everything. `user` and `key` are ids, key 0 is requests without one.

    The group is the one that paid, and "" is none.
    """

    user: int | None = None
    group: str | None = None
    provider: str | None = None
    model: str | None = None
    key: int | None = None
    source: str | None = None

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        """Read it from a query string; what is empty or no number chooses nothing. A group of "-" is none."""
        found: dict[str, Any] = {}
        for name in cls.__slots__:
            text = given.get(name, "").replace("\0", "")
            if name not in NUMBERS:
                found[name] = ("" if name == "group" and text == "-" else text) if text else None
            elif text.isascii() and text.isdigit() and int(text[:20]) <= LARGEST:
                found[name] = int(text[:20])
        return cls(**found)

    @property
    def query(self) -> dict[str, str]:
        """What `of` reads."""
        return {name: str(value) or "-" for name, value in asdict(self).items() if value is not None}

    def totals(self, period: Period, *, of_users: bool = False) -> QuerySet[DailyTotal]:
        """The daily totals of the coarsest grain that knows what is asked for, and `of_users` the users too."""
        knows_model = self.provider is not None or self.model is not None
        if self.user is not None or self.key is not None or (of_users and knows_model):
            rows = DailyTotal.objects.all()
        else:
            rows = DailyTotal.by_user.all() if of_users else DailyTotal.by_model.all()
        chosen = self._columns()
        if "api_key_id" in chosen:
            chosen["api_key_id"] = chosen["api_key_id"] or 0
        return rows.filter(day__gte=period.first, day__lte=period.last, **chosen).order_by()

    def records(self, period: Period) -> QuerySet[UsageRecord]:
        """The rows of the ledger."""
        chosen = self._columns()
        if chosen.get("api_key_id") == 0:
            chosen.pop("api_key_id")
            chosen["api_key_id__isnull"] = True
        return UsageRecord.objects.filter(created_at__gte=period.start, created_at__lt=period.end, **chosen).order_by()

    def _columns(self) -> dict[str, Any]:
        names = {"user": "user_id", "key": "api_key_id"}
        return {names.get(name, name): value for name, value in asdict(self).items() if value is not None}
