"""Everything that is one person's in one archive, written piece by piece (docs/takeout.md)."""

import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.utils import timezone

from chat.events import to_json
from chat.models import (
    ApiKey,
    Budget,
    ChatModel,
    Conversation,
    Correction,
    Generation,
    Picture,
    RateLimit,
    UsageRecord,
)
from chat.models.tree import Tree
from chat.usage.pagination import pages
from chat.views import thread
from chat.views.archive import Sink
from chat.views.summary import detail

VERSION: Final = 1
# What the browser remembers for the page.
PREFERENCES: Final = ("theme", "sidebar", "figures")
AT_ONCE: Final = 100
ACCOUNT: Final = (
    *("id", "username", "first_name", "last_name", "email"),
    *("is_active", "is_staff", "is_superuser", "date_joined", "last_login"),
)
KEY: Final = ("id", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
BUDGET: Final = ("id", "scope", "amount", "unit", "period", "hard", "begins", "created_at")
LIMIT: Final = ("messages_per_minute", "streams")
CONVERSATION: Final = ("title_origin", "changed_at", "deleted_at")
GENERATION: Final = ("parameters", "request_id", "outline", "created_at", "finished_at")
ADDRESS: Final = ("email", "verified", "primary")
FACTOR: Final = ("type", "created_at", "last_used_at")
SESSION: Final = ("ip", "user_agent", "created_at", "last_seen_at")
IDENTITY: Final = ("provider", "uid", "extra_data", "date_joined", "last_login")
PICTURE: Final = ("id", "message_id", "media_type", "size", "created_at")
USAGE: Final = tuple(field.attname for field in UsageRecord._meta.concrete_fields)
CORRECTION: Final = ("created_at", "cost_before", "currency_before", "cost", "currency")
Name = TypeVar("Name")
Files = Iterator[tuple[str, Iterable[bytes]]]


def archive(user: User, preferences: dict[str, str | None]) -> Iterator[bytes]:
    """Yield a zip archive: JSON, or a JSON object on each line where there are many; pictures as they are."""
    sink = Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
        for name, parts in _files(user, preferences):
            entry = zipfile.ZipInfo(name, timezone.now().timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            # Nobody knows yet how long it will be.
            with made.open(entry, "w", force_zip64=True) as file:
                for part in parts:
                    file.write(part)
                    yield sink.take()
            yield sink.take()
    yield sink.take()


def _files(user: User, preferences: dict[str, str | None]) -> Files:
    about = {"format": "chatsite takeout", "version": VERSION, "made_at": timezone.now(), "username": user.username}
    yield "about.json", [to_json(about)]
    yield "account.json", [to_json(_account(user, preferences))]
    yield "keys.jsonl", _lines(_of(row, KEY) for row in ApiKey.objects.filter(user=user).order_by("pk"))
    yield "conversations.jsonl", _lines(_conversations(user))
    yield "messages.jsonl", _lines(_messages(user))
    yield "pictures.jsonl", _lines(_pictures(user))
    yield "usage.jsonl", _lines(_usage(user))
    for names in _batches(lambda: _picture_ids(user)):
        for name in names:
            picture = Picture.objects.filter(pk=name).first()
            if picture is not None:
                yield _path(picture), [bytes(picture.data)]


def _account(user: User, preferences: dict[str, str | None]) -> dict[str, Any]:
    mine = Budget.objects.filter(user=user) | Budget.objects.filter(api_key__user=user)
    limit = RateLimit.objects.filter(user=user).first()
    return {
        **_of(user, ACCOUNT),
        "groups": list(user.groups.order_by("name").values_list("name", flat=True)),
        # Those that they may use by name, beside what everybody or their groups may.
        "models": list(ChatModel.objects.filter(people=user).order_by("pk").values_list("name", flat=True)),
        "favourites": list(ChatModel.objects.filter(favourite_of=user).order_by("pk").values_list("name", flat=True)),
        "permissions": sorted(str(each) for each in user.user_permissions.all()),
        "preferences": preferences,
        "emails": [_of(row, ADDRESS) for row in EmailAddress.objects.filter(user=user).order_by("pk")],
        # Without their secrets.
        "second_factors": [_of(row, FACTOR) for row in Authenticator.objects.filter(user=user).order_by("pk")],
        "sessions": [_of(row, SESSION) for row in UserSession.objects.filter(user=user).order_by("pk")],
        "identities": [_of(row, IDENTITY) for row in SocialAccount.objects.filter(user=user).order_by("pk")],
        "budgets": [{**_of(row, BUDGET), "key_id": row.api_key_id} for row in mine.order_by("pk")],
        "rate_limit": limit and _of(limit, LIMIT),
    }


def _conversations(user: User) -> Iterator[dict[str, Any]]:
    for row in _own(user):
        yield {**detail(row), **_of(row, CONVERSATION)}


def _messages(user: User) -> Iterator[dict[str, Any]]:
    for row in _own(user):
        tree = Tree.of(row)
        for some in _batches(lambda tree=tree: list(tree)):  # type: ignore[misc]
            generations = Generation.objects.filter(message__in=some).in_bulk(field_name="message_id")
            for message in thread.messages(row, tree, some):
                answer = generations.get(message.id)
                made = {"generation": answer and _of(answer, GENERATION)}
                yield {"conversation_id": row.pk, **thread.as_json(message), **made}


def _own(user: User) -> Iterator[Conversation]:
    """Yield all conversations, oldest first: the temporary ones, and those that can still be restored, too."""
    mine = Conversation.objects.filter(owner=user)
    for some in _batches(lambda: list(mine.order_by("created_at", "pk").values_list("pk", flat=True))):
        rows = mine.select_related("model").in_bulk(some)
        yield from (rows[name] for name in some if name in rows)


def _pictures(user: User) -> Iterator[dict[str, Any]]:
    for some in _batches(lambda: _picture_ids(user)):
        for row in Picture.objects.defer("data").filter(pk__in=some):
            yield {**_of(row, PICTURE), "file": _path(row)}


def _picture_ids(user: User) -> list[UUID]:
    mine = Picture.objects.filter(message__conversation__owner=user)
    return list(mine.order_by("created_at", "pk").values_list("pk", flat=True))


def _path(picture: Picture) -> str:
    return f"pictures/{picture.pk}.{picture.name.rpartition('.')[2]}"


def _usage(user: User) -> Iterator[dict[str, Any]]:
    records = UsageRecord.objects.filter(user_id=user.pk)
    for found in pages(records, lambda row: (row.created_at, row.pk)):
        corrections: dict[int, list[dict[str, Any]]] = {}
        for change in Correction.objects.filter(record__in=[row.pk for row in found]).order_by("pk"):
            corrections.setdefault(change.record_id, []).append(_of(change, CORRECTION))
        for row in found:
            yield {**_of(row, USAGE), "corrections": corrections.get(row.pk, [])}


def _of(row: object, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _lines(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    for row in rows:
        yield bytes(to_json(row)) + b"\n"


def _batches(names: Callable[[], Sequence[Name]]) -> Iterator[Sequence[Name]]:
    """Yield a few at a time of what is there when the first of them is asked for."""
    found = names()
    for begin in range(0, len(found), AT_ONCE):
        yield found[begin : begin + AT_ONCE]
