"""Money in the database: exact on every backend."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Sum

PLACES = 12
UNIT = Decimal(1).scaleb(-PLACES)
# The largest amount that a `MoneyField` holds, rounded down.
MOST_MONEY = Decimal(9 * 10**6)


# Sums are kept in two whole numbers, so that none of them comes near the largest one that a database adds up: 10^-6
# units, and what is left in 10^-12.
PARTS = 10**6


if TYPE_CHECKING:
    WholeNumber = models.BigIntegerField[Decimal | None, Decimal | None]
else:
    # Only the stubs make Django's fields generic.
    WholeNumber = models.BigIntegerField


class MoneyField(WholeNumber):
    """A Decimal with 12 places, stored as a whole number of 10^-12 units.

    SQLite keeps decimals as binary floats, whose sums are off in the last digit; whole numbers add up exactly there
    and on PostgreSQL. A price per million tokens with 6 places times a count of tokens needs just these 12. The
    largest sum is about 9.2 million units of currency.
    """

    description = "An amount of money"

    def from_db_value(self, value: int | Decimal | None, *args: object) -> Decimal | None:
        return None if value is None else int(value) * UNIT

    def to_python(self, value: Any) -> Any:
        return value if value is None else Decimal(value)

    def get_prep_value(self, value: Any) -> Any:
        if not isinstance(value, Decimal):
            return value if value is None or hasattr(value, "resolve_expression") else int(Decimal(value) / UNIT)
        whole = value / UNIT
        if whole != int(whole):
            raise ValidationError(f"{value} has more than {PLACES} decimal places.")
        return int(whole)


def parted(name: str) -> dict[str, Sum]:
    """Return the sums over a column of money as `millionths` and `rest`, for `joined`: none of them overflows."""

    def part(template: str) -> Sum:
        return Sum(models.Func(models.F(name), template=template, output_field=models.BigIntegerField()))

    expressions = "%(expressions)s"
    return {
        "millionths": part(f"{expressions} / {PARTS}"),
        "rest": part(f"{expressions} - {expressions} / {PARTS} * {PARTS}"),
    }


def parts(amount: Decimal) -> tuple[int, int]:
    """Return the whole millionths of an amount, and the rest in 10^-12 units, from 0 to 999,999."""
    return divmod(int(amount / UNIT), PARTS)


def joined(millionths: int | None, rest: int | None) -> Decimal | None:
    """Return the amount whose parts, or the sums of whose parts, these are; None where there were none."""
    if millionths is None or rest is None:
        return None
    # PostgreSQL adds up large whole numbers as decimals.
    return Decimal(int(millionths) * PARTS + int(rest)).scaleb(-PLACES)
