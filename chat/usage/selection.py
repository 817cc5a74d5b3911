"""Which part of the ledger is asked for: whose, which models, and how it was counted."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Self

from django.db.models import QuerySet

from chat.models import DailyTotal, UsageRecord
from chat.usage.period import Period

WHOSE: Final = {"user": "user", "key": "key, 0 for none"}
NUMBERS: Final = tuple(WHOSE)
LARGEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Selection:
    """Filters; None is no filter. `user` and `key` are ids, key 0 is requests without a key.

    The group is the one that paid, and "" is none.
    """

    user: int | None = None
    group: str | None = None
    provider: str | None = None
    model: str | None = None
    key: int | None = None
    source: str | None = None

    @classmethod
    def of(cls, given: Mapping[str, str], *others: str) -> Self:
        """Read it from a query string that may also hold `others`; what is empty chooses nothing. A group "-" is none.

        Raises ValueError, with a sentence for people: a filter that is not understood must not show everything.
        """
        unknown = next((name for name in given if name not in (*cls.__slots__, *others)), None)
        if unknown is not None:
            known = ", ".join((*others, *cls.__slots__))
            raise ValueError(f"There is nothing called “{unknown[:50]}” to choose by. There are: {known}.")
        found: dict[str, Any] = {}
        for name in cls.__slots__:
            text = given.get(name, "")
            if not text:
                continue
            if name in NUMBERS:
                if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= LARGEST):
                    raise ValueError(f"`{name}` is a number, the id of a {WHOSE[name]}.")
                found[name] = int(text)
            elif "\0" in text or (name == "source" and text not in UsageRecord.Source):
                raise ValueError(f"`{name}` cannot be “{text[:50]}”.".replace("\0", "\ufffd"))
            else:
                found[name] = "" if name == "group" and text == "-" else text
        return cls(**found)

    @property
    def query(self) -> dict[str, str]:
        """The filters as a query string's fields, which `of` reads."""
        return {name: str(value) or "-" for name, value in asdict(self).items() if value is not None}

    def totals(self, period: Period, *, of_users: bool = False) -> QuerySet[DailyTotal]:
        """The daily totals of the coarsest grain that has the columns of the filters, and users with `of_users`."""
        if self.user is not None or self.key is not None or (of_users and self.model is not None):
            rows = DailyTotal.objects.all()
        elif of_users:
            rows = DailyTotal.by_user.all() if self.provider is None else DailyTotal.by_provider.all()
        else:
            rows = DailyTotal.by_model.all() if self.group is None else DailyTotal.by_group.all()
        chosen = self._columns()
        if "api_key_id" in chosen:
            chosen["api_key_id"] = chosen["api_key_id"] or 0
        return rows.filter(day__gte=period.first, day__lte=period.last, **chosen).order_by()

    def records(self, period: Period) -> QuerySet[UsageRecord]:
        """The rows of the ledger."""
        return self.records_before(period.end).filter(created_at__gte=period.start)

    def records_before(self, end: datetime) -> QuerySet[UsageRecord]:
        """The rows of the ledger before a moment."""
        chosen = self._columns()
        if chosen.get("api_key_id") == 0:
            chosen.pop("api_key_id")
            chosen["api_key_id__isnull"] = True
        return UsageRecord.objects.filter(created_at__lt=end, **chosen).order_by()

    def _columns(self) -> dict[str, Any]:
        names = {"user": "user_id", "key": "api_key_id"}
        return {names.get(name, name): value for name, value in asdict(self).items() if value is not None}
