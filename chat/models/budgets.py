"""Budgets: how much may be used in a day or a month, and what is reserved for the answers under way."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, Self

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import connection, models, transaction
from django.db.models import Q, Sum
from django.utils import timezone

from chat.models.correction import Correction
from chat.models.money import UNIT, joined, parted
from chat.models.usage import UsageRecord

TOKENS: Final = "tokens"
# Money is counted in whole units of 10^-12, of which a column holds no more than 9.2 million.
LARGEST_SUM: Final = 9_000_000
LARGEST_COUNT: Final = 2**63 - 1
WHOSE: Final = {"user": "user", "group": "group", "key": "api_key"}


class BudgetQuerySet(models.QuerySet["Budget"]):
    """Queries for the budgets that hold for somebody."""

    def holding_for(self, user_id: int, api_key_id: int | None) -> Self:
        """Budgets that count what a user does with this key, or without one."""
        groups = Group.objects.filter(user=user_id).order_by().values("pk")
        whose = Q(scope=Budget.Scope.SITE) | Q(user=user_id) | Q(group__in=groups)
        return self.filter(whose | Q(api_key=api_key_id) if api_key_id else whose)

    def locked(self) -> Self:
        """With their rows locked, always in the order of their ids, so that two writers cannot deadlock."""
        return self.order_by("pk").select_for_update(of=("self",))


class Budget(models.Model):
    """An amount per day or month, in UTC. Only `amount` and `hard` can be changed later.

    `used` counts since `begins`, in tokens or in whole units of 10^-12 of the currency; it is written by whoever holds
    the row's lock. Costs in another currency, and those nobody knows, do not count.
    """

    class Scope(models.TextChoices):
        USER = "user", "a user"
        GROUP = "group", "a group, all its members together"
        KEY = "key", "an API key"
        SITE = "site", "the whole site"

    class Period(models.TextChoices):
        DAY = "day", "day"
        MONTH = "month", "month"

    scope = models.CharField("who", max_length=5, choices=Scope.choices, default=Scope.USER)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="budgets")
    group = models.ForeignKey("auth.Group", models.CASCADE, null=True, blank=True, related_name="budgets")
    api_key = models.ForeignKey(
        "chat.ApiKey", models.CASCADE, null=True, blank=True, related_name="budgets", verbose_name="API key"
    )
    amount = models.DecimalField(
        max_digits=15, decimal_places=4, validators=[MinValueValidator(Decimal(0))], help_text="0 allows nothing."
    )
    unit = models.CharField(
        max_length=6,
        default="USD",
        validators=[RegexValidator(r"\A(tokens|[A-Z]{3})\Z", "Enter tokens, or a currency's three capital letters.")],
        help_text="tokens, or a currency such as USD. What costs another currency, or has no price, does not count.",
    )
    period = models.CharField("per", max_length=5, choices=Period.choices, default=Period.MONTH, help_text="In UTC.")
    hard = models.BooleanField(
        default=False, help_text="A hard budget refuses and ends answers at its amount; a soft one only says so."
    )
    begins = models.DateField(editable=False)
    used = models.BigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BudgetQuerySet.as_manager()

    class Meta:
        ordering = ["scope", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(scope="user", user__isnull=False, group__isnull=True, api_key__isnull=True)
                | Q(scope="group", user__isnull=True, group__isnull=False, api_key__isnull=True)
                | Q(scope="key", user__isnull=True, group__isnull=True, api_key__isnull=False)
                | Q(scope="site", user__isnull=True, group__isnull=True, api_key__isnull=True),
                name="budget_is_of_one",
            ),
            models.CheckConstraint(condition=Q(period__in=["day", "month"]), name="budget_period_known"),
            models.CheckConstraint(condition=~Q(unit=""), name="budget_has_a_unit"),
            models.CheckConstraint(
                condition=Q(amount__gte=0) & (Q(unit=TOKENS) | Q(amount__lte=LARGEST_SUM)),
                name="budget_amount_can_be_counted",
            ),
            models.CheckConstraint(condition=Q(used__gte=0), name="budget_used_not_negative"),
            *(
                models.UniqueConstraint(
                    fields=[whose, "period", "unit", "hard"],
                    condition=Q(scope=scope),
                    name=f"budget_once_per_{scope}",
                    violation_error_message="There is such a budget already.",
                )
                for scope, whose in WHOSE.items()
            ),
            models.UniqueConstraint(
                fields=["period", "unit", "hard"],
                condition=Q(scope="site"),
                name="budget_once_per_site",
                violation_error_message="There is such a budget already.",
            ),
        ]

    def __str__(self) -> str:
        amount = f"{self.amount:,.0f}" if self.in_tokens else f"{self.amount:,.2f}"
        return f"{self.whose}: {amount} {self.unit} per {self.period}"

    def save(
        self, *args: Any, using: str | None = None, update_fields: Iterable[str] | None = None, **kwargs: Any
    ) -> None:
        """A new budget begins with what its period has used so far; saving one that exists leaves `used` alone."""
        if not self._state.adding:
            super().save(using=using, update_fields=update_fields or ["amount", "hard"])
            return
        with transaction.atomic(using):
            if connection.vendor == "postgresql":
                # Uncommitted rows of others would be in no sum. With this lock they commit before, or see this budget.
                with connection.cursor() as cursor:
                    for table in (UsageRecord, Correction):
                        cursor.execute(f"LOCK TABLE {table._meta.db_table} IN SHARE MODE")
            self.begins = self.begin_at(timezone.now())
            self.used = self._used_before()
            super().save(force_insert=True, using=using)

    def clean(self) -> None:
        wanted = WHOSE.get(self.scope)
        for name in WHOSE.values():
            given = getattr(self, f"{name}_id") is not None
            if given != (name == wanted):
                said = "Choose whose budget it is." if name == wanted else "Leave this empty, or change who it is for."
                raise ValidationError({name: said})
        # A form leaves out what cannot be changed, and with it Django's own look at what has to be unique.
        twins = Budget.objects.filter(
            scope=self.scope,
            user=self.user_id,
            group=self.group_id,
            api_key=self.api_key_id,
            period=self.period,
            unit=self.unit,
            hard=self.hard,
        )
        if twins.exclude(pk=self.pk).exists():
            raise ValidationError("There is such a budget already.")
        if self.amount is not None and self.in_tokens and self.amount != int(self.amount):
            raise ValidationError({"amount": "Tokens are counted whole."})
        if self.amount is not None and not self.in_tokens and self.amount > LARGEST_SUM:
            raise ValidationError({"amount": f"No more than {LARGEST_SUM:,} can be counted."})

    @property
    def in_tokens(self) -> bool:
        return self.unit == TOKENS

    @property
    def whose(self) -> str:
        """The name of the user, the group or the key; `the whole site`."""
        return str(self.user or self.group or self.api_key or "the whole site")

    @property
    def limit(self) -> int:
        """The amount, as `used` is counted."""
        return int(self.amount if self.in_tokens else self.amount / UNIT)

    def amount_of(self, count: int) -> Decimal:
        """Return a count as an amount: tokens, or units of currency."""
        return Decimal(count) if self.in_tokens else count * UNIT

    def begin_at(self, now: datetime) -> date:
        """Return the first day of the period that `now` is in."""
        today = now.astimezone(UTC).date()
        return today if self.period == self.Period.DAY else today.replace(day=1)

    def start_at(self, now: datetime) -> datetime:
        """Return the first moment of the period that `now` is in."""
        return datetime.combine(self.begin_at(now), time.min, UTC)

    def end_at(self, now: datetime) -> datetime:
        """Return the first moment after the period that `now` is in."""
        begin = self.begin_at(now)
        days = 1 if self.period == self.Period.DAY else 31
        end = begin + timedelta(days=days)
        return datetime.combine(end if days == 1 else end.replace(day=1), time.min, UTC)

    def used_at(self, now: datetime) -> int:
        """Return what the period that `now` is in has used: nothing, where the last one counted is over."""
        return self.used if self.begins >= self.begin_at(now) else 0

    def count(self, used: int, now: datetime) -> None:
        """Add what was used at `now`, under the row's lock. What belongs to an earlier period is dropped."""
        begin = self.begin_at(now)
        if begin < self.begins:
            return
        # A soft budget may be exceeded by any amount, but for what the column holds.
        self.used, self.begins = max(0, min(self.used_at(now) + used, LARGEST_COUNT)), begin
        super().save(update_fields=["used", "begins"])

    def _used_before(self) -> int:
        """Return what the ledger has of the period so far, with corrections. Called once in a budget's life."""
        since = datetime.combine(self.begins, time.min, UTC)
        records = UsageRecord.objects.filter(created_at__gte=since).order_by()
        match self.scope:
            case self.Scope.USER if self.user is not None:
                records = records.filter(user_id=self.user.pk)
            case self.Scope.GROUP if self.group is not None:
                records = records.filter(user_id__in=self.group.user_set.values("pk"))
            case self.Scope.KEY if self.api_key is not None:
                records = records.filter(api_key_id=self.api_key.pk)
        if self.in_tokens:
            sums = records.aggregate(prompt=Sum("prompt_tokens"), completion=Sum("completion_tokens"))
            return (sums["prompt"] or 0) + (sums["completion"] or 0)
        cost = joined(**records.filter(currency=self.unit).aggregate(**parted("cost"))) or Decimal(0)
        changes = Correction.objects.filter(record__in=records).order_by()
        cost += joined(**changes.filter(currency=self.unit).aggregate(**parted("cost"))) or 0
        cost -= joined(**changes.filter(currency_before=self.unit).aggregate(**parted("cost_before"))) or 0
        return min(int(cost / UNIT), LARGEST_COUNT)


class Reservation(models.Model):
    """What is reserved of a budget for an answer under way, as the budget counts; gone once its usage is booked.

    `generation_id` is that of the ledger: titles have one, but no row among the generations.
    """

    budget = models.ForeignKey(Budget, models.CASCADE, related_name="reservations")
    generation_id = models.UUIDField()
    amount = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["generation_id", "budget"], name="reservation_once_per_budget"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="reservation_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.generation_id}: {self.amount}"

    @classmethod
    def sums(cls, budgets: Iterable[Budget]) -> dict[int, int]:
        """Return what is reserved of each budget, by its id. One query, and none without budgets."""
        ids = [budget.pk for budget in budgets]
        if not ids:
            return {}
        sums = cls.objects.filter(budget__in=ids).order_by().values_list("budget").annotate(Sum("amount"))
        # PostgreSQL adds whole numbers up to a decimal.
        return dict.fromkeys(ids, 0) | {budget_id: int(amount) for budget_id, amount in sums}
