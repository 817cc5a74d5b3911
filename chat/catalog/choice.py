"""Which models a user may choose, and what they cost."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from chat.errors import ChatError
from chat.models import ChatModel, Conversation, Price, Provider, SitePolicy
from chat.usage.prices import prices_in_force

RECENT_CONVERSATIONS: Final = 50
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


@dataclass(frozen=True, slots=True)
class Choice:
    """A model somebody may choose, and its price per million tokens, None where no price is known.

    `is_default`: programs that name no model ask it; `is_set`: an admin chose it to be that. `context_window` is in
    tokens, None where it is not known or everything is sent.
    """

    name: str
    provider: str
    is_default: bool
    is_set: bool
    is_demo: bool
    input_per_million: Decimal | None
    output_per_million: Decimal | None
    currency: str | None
    context_window: int | None
    description: str
    thinks: bool
    is_favourite: bool

    @property
    def priced(self) -> bool:
        return self.input_per_million is not None

    @property
    def price(self) -> str:
        """Per million tokens, such as `$0.15 in · $0.60 out`; empty where it is unknown."""
        if self.input_per_million is None or self.output_per_million is None:
            return ""
        if not self.input_per_million and not self.output_per_million:
            return "free"
        sent, written = (
            _money(each, self.currency or "") for each in (self.input_per_million, self.output_per_million)
        )
        return f"{sent} in · {written} out"

    @property
    def abilities(self) -> list[str]:
        """What is known of what it can do, in a few words each."""
        window = f"{_short(self.context_window)} context" if self.context_window else ""
        return [each for each in (window, "thinks" if self.thinks else "") if each]


def _short(tokens: int) -> str:
    """Return a number of tokens as providers write it: `8k`, `128k`, `1M`."""
    if tokens >= 1_000_000:
        return f"{tokens / 1_000_000:.1f}".removesuffix(".0") + "M"
    return f"{round(tokens / 1000)}k" if tokens >= 1000 else str(tokens)


def _money(amount: Decimal, currency: str) -> str:
    plain = amount.normalize()
    places = -int(plain.as_tuple().exponent)
    number = f"{plain:.{max(2, places) if places > 0 else 0}f}"
    return SYMBOLS[currency] + number if currency in SYMBOLS else f"{number} {currency}"


def available(user: User) -> list[ChatModel]:
    """Return the models `user` may use, the default first; the demo only where there is nothing else.

    Lists, pages, questions, titles and keys all ask here and in `choose`. Where the site forbids models without a
    price they are left out.
    """
    rows = _usable_by(user)
    if SitePolicy.forbids_unpriced():
        priced = prices_in_force(rows, timezone.now())
        rows = [row for row in rows if row.pk in priced]
    real = [row for row in rows if row.provider.kind != Provider.Kind.DEMO]
    return real or rows


def unpriced() -> list[ChatModel]:
    """Return the models that could be used but for want of a price, or are used at a cost that nobody knows."""
    rows = _usable()
    priced = prices_in_force(rows, timezone.now())
    return [row for row in rows if row.pk not in priced]


def _usable(**those: str) -> list[ChatModel]:
    rows = ChatModel.objects.select_related("provider").filter(enabled=True, is_listed=True, provider__enabled=True)
    rows = rows.filter(**those)
    return [row for row in rows.order_by("-is_default", "position", "name") if row.provider.is_configured]


def _usable_by(user: User, **those: str) -> list[ChatModel]:
    """Return what may be chosen of what is open to this user: one query more where a model is for some only."""
    rows = _usable(**those)
    limited = [row.pk for row in rows if row.is_limited]
    if not limited:
        return rows
    for_them = Q(people=user.pk) | Q(groups__user=user.pk)
    open_to_them = set(ChatModel.objects.filter(for_them, pk__in=limited).order_by().values_list("pk", flat=True))
    return [row for row in rows if not row.is_limited or row.pk in open_to_them]


def choices(user: User) -> list[Choice]:
    """Return what the model picker shows, the default first."""
    rows = available(user)
    prices = prices_in_force(rows, timezone.now())
    favourites = set(ChatModel.objects.filter(favourite_of=user.pk).order_by().values_list("pk", flat=True))
    return [
        _choice(row, prices.get(row.pk), is_default=row is rows[0], is_favourite=row.pk in favourites) for row in rows
    ]


def newcomers(offered: list[Choice]) -> str:
    """Return the name of the model that who has not chosen yet begins with: the admin's choice, or the only one.

    Empty where there are several and no admin chose: whichever happens to be the first may be the dearest.
    """
    return offered[0].name if offered and (offered[0].is_set or len(offered) == 1) else ""


def recent(user: User, count: int) -> list[str]:
    """Return the names of the models that were chosen last in one's conversations, the newest first."""
    # Of some conversations only: whoever has thousands shall not wait for the last model of a year ago.
    used = Conversation.objects.listed(user).exclude(model=None).order_by("-updated_at")
    names = used.values_list("model__name", flat=True)[:RECENT_CONVERSATIONS]
    return list(dict.fromkeys(names))[:count]


def set_favourite(user: User, name: str, *, favourite: bool) -> None:
    """Keep a model among the favourites of `user`, or take it from there.

    Raises ChatError `not_found` for one that this user may not ask.
    """
    row = next((row for row in available(user) if row.name == name), None)
    if row is None:
        raise ChatError("not_found", "There is no such model.")
    (row.favourite_of.add if favourite else row.favourite_of.remove)(user)


def _choice(row: ChatModel, price: Price | None, *, is_default: bool, is_favourite: bool) -> Choice:
    return Choice(
        name=row.name,
        provider=row.provider.name,
        is_default=is_default,
        is_set=row.is_default,
        is_demo=row.provider.kind == Provider.Kind.DEMO,
        input_per_million=price.input_per_million if price else None,
        output_per_million=price.output_per_million if price else None,
        currency=price.currency if price else None,
        context_window=row.context_window or None,
        description=row.description,
        thinks=bool(row.learnt.get("begins_in_thought")),
        is_favourite=is_favourite,
    )


def choose(user: User, name: str | None, preferred: ChatModel | None = None) -> ChatModel:
    """Return the model called `name`, or without a name `preferred` if it may still be used, or the default.

    Raises ChatError `invalid_request` for a model this user cannot have.
    """
    if name and not SitePolicy.forbids_unpriced():
        # Most questions name a real model: the whole catalog need not be read for that.
        named = _usable_by(user, name=name)
        if named and named[0].provider.kind != Provider.Kind.DEMO:
            return named[0]
    rows = available(user)
    if name:
        found = next((row for row in rows if row.name == name), None)
        if found is None and _usable_by(user, name=name) and SitePolicy.forbids_unpriced():
            message = f"“{name[:100]}” has no price, and this site asks only models that have one. Choose another."
            raise ChatError("invalid_request", message)
        if found is None:
            # In the same words whether there is none or it is for others: whoever may not use it learns nothing of it.
            message = f"There is no model called “{name[:100]}” that you may use. GET /api/models lists them."
            raise ChatError("invalid_request", message)
        return found
    if not rows:
        raise ChatError("invalid_request", "There is no model to ask. An admin can enable one or connect a provider.")
    return next((row for row in rows if preferred and row.pk == preferred.pk), rows[0])


def is_open_to(user: User, model: ChatModel) -> bool:
    """Whether `user` may ask this model now."""
    return any(row.pk == model.pk for row in available(user))
