"""A person with something of everything, and what of them is left in the database: by its rows, and word by word."""

# ruff: noqa: S608 - the names of tables and columns are the database's own
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialToken
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, models
from django.utils import timezone

from chat.models import (
    AccountDeletion,
    ApiKey,
    Budget,
    ClaimedGroup,
    Conversation,
    Generation,
    Invitation,
    JournalEntry,
    Message,
    PasswordLink,
    Picture,
    Price,
    RateLimit,
    Reservation,
)
from tests.harness.picture import BYTES
from tests.usage.rows import counted, priced_model

# A word that stands in every text of theirs, and nowhere else.
WORD = "heliotrope"


def price_of(name: str) -> Price:
    return Price.objects.filter(model__name=name).first() or priced_model(name, f"of-{name}")[1]


def person(name: str = WORD, days: int = 3) -> User:
    """Make somebody with a row in every table that may hold one of theirs, and usage on several days."""
    group, _ = Group.objects.get_or_create(name="research")
    user = User.objects.create_user(name, f"{name}@example.org", first_name=name, last_name=f"{name}son")
    user.groups.add(group)
    user.user_permissions.add(Permission.objects.all()[0])
    key, _ = ApiKey.issue(user, f"{name}'s laptop")
    price = price_of("belonging")
    price.model.people.add(user)
    price.model.favourite_of.add(user)
    talk = Conversation.objects.create(
        owner=user, title=f"About {name}", system_prompt=f"Be {name}.", model=price.model, temperature=0.5
    )
    asked = Message.objects.create(conversation=talk, role="user", content=f"What is {name}?")
    for number, answer in enumerate(("A flower.", "A stone."), start=1):
        said = Message.objects.create(
            conversation=talk,
            parent=asked,
            role="assistant",
            content=f"{answer} {name}",
            reasoning=f"Which {name}?",
            tool_calls=[{"index": 0, "id": "call", "name": "look", "arguments": f'{{"word": "{name}"}}'}],
            model=price.model.name,
        )
        generation = Generation.objects.create(
            owner=user,
            message=said,
            api_key=key,
            model=price.model,
            parameters={"system_prompt": f"Be {name}."},
            finished_at=timezone.now(),
        )
        JournalEntry.objects.create(generation=generation, sequence=0, events=[{"content": name}])
        Picture.objects.create(message=said, media_type="image/png", data=BYTES, size=len(BYTES))
        for day in range(days):
            counted(
                timezone.now() - timedelta(days=day),
                price,
                user_id=user.pk,
                username=name,
                group="research",
                api_key_id=key.pk,
                api_key_name=key.name,
                conversation_id=talk.pk,
                message_id=said.pk,
                generation_id=generation.pk if day == 0 else UUID(int=user.pk * 1000 + number * 100 + day),
                prompt_tokens=1000 + 7 * day,
                ttft_seconds=0.25 * number,
            )
    Conversation.objects.create(owner=user, title=f"{name} for a moment", temporary=True)
    budget = Budget.objects.create(user=user, amount=50)
    Budget.objects.create(scope="key", api_key=key, amount=5)
    Reservation.objects.create(budget=budget, generation_id=UUID(int=user.pk), amount=1)
    RateLimit.objects.create(user=user, streams=3)
    address = EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    EmailConfirmation.create(address)
    Authenticator.objects.create(user=user, type="totp", data={"secret": f"{name} only knows"})
    identity = SocialAccount.objects.create(user=user, provider="oidc", uid=f"uid-{name}", extra_data={"sub": name})
    SocialToken.objects.create(account=identity, token=f"{name} only knows")
    UserSession.objects.create(
        user=user, ip="192.0.2.1", user_agent=f"{name}'s browser", session_key=f"{name}-session", data={}
    )
    ClaimedGroup.objects.create(user=user, group=group)
    Invitation.issue(inviter=user, used_by=user, email=user.email)
    PasswordLink.issue(user=user, made_by=user)
    AccountDeletion.objects.create(user=user, due_at=timezone.now() + timedelta(days=7))
    session = SessionStore()
    session.update({"_auth_user_id": str(user.pk), "word": name})
    session.create()
    log(user, user)
    boss, _ = User.objects.get_or_create(username="boss", is_superuser=True)
    for thing in (user, key, talk, asked):
        log(boss, thing)
    return user


def log(who: User, thing: models.Model) -> None:
    LogEntry.objects.create(
        user=who,
        content_type=ContentType.objects.get_for_model(thing),
        object_id=str(thing.pk),
        object_repr=str(thing),
        action_flag=CHANGE,
        change_message=f"Changed {thing}.",
    )


def keys_to_users() -> Iterator[tuple[type[models.Model], str]]:
    """Every model, of the tables between others too, with the name of each of its keys to a user."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.get_fields():
            if isinstance(field, models.ForeignKey) and field.related_model is User:
                yield model, field.name


def rows_of(user_id: int) -> dict[str, int]:
    """How many rows point to a user, by model and key."""
    return {
        f"{model._meta.label}.{name}": model._default_manager.filter(**{f"{name}_id": user_id}).count()
        for model, name in keys_to_users()
    }


def mentions(*words: str) -> list[str]:
    """The columns of the database in which any of the words stands, in whatever table.

    SQLite's full-text index keeps words in bytes, without what they have in common with the word before.
    """
    found = []
    for table, column in columns():
        for word in words:
            if counted_rows(table, f'lower(CAST("{column}" AS text)) LIKE %s', f"%{word}%"):
                found.append(f"{table}.{column}: {word}")
            ending = word[len(word) // 2 :].encode().hex().upper()
            if table == "chat_search_data" and counted_rows(table, f'hex("{column}") LIKE %s', f"%{ending}%"):
                found.append(f"{table}.{column}: {word}")
    return found


def columns_of(user_id: int, key_id: int) -> list[str]:
    """The columns named after a user or a key, foreign keys or not, in which theirs stands."""
    numbers = {"user_id": user_id, "owner_id": user_id, "api_key_id": key_id}
    named = [(table, column) for table, column in columns() if column in numbers]
    return [f"{table}.{column}" for table, column in named if counted_rows(table, f"{column} = %s", numbers[column])]


def columns() -> list[tuple[str, str]]:
    """Every column of every table, the full-text index's too."""
    found = []
    with connection.cursor() as cursor:
        # SQLite's full-text index has no rows of its own that could be read; what it is made of has.
        for table in set(connection.introspection.table_names(cursor)) - {"chat_search"}:
            cursor.execute(f'SELECT * FROM "{table}" LIMIT 0')
            found += [(table, str(column[0])) for column in cursor.description]
    return found


def counted_rows(table: str, condition: str, value: str | int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}" WHERE {condition}', [value])
        return int(cursor.fetchone()[0])


def sums() -> dict[str, list[Any]]:
    """The ledger and its daily sums by everything that is not a person, added up by the database as whole numbers."""
    amounts = "count(*), sum(prompt_tokens), sum(completion_tokens)"
    whole = "sum(input_cost), sum(output_cost), sum(cost)"
    by = 'provider, model, "group", source, kind, currency'
    statements = {
        "ledger": f"SELECT date(created_at), {by}, {amounts}, {whole} FROM chat_usagerecord GROUP BY 1,2,3,4,5,6,7",
        "daily": f"SELECT day, grain, {by}, sum(requests), sum(prompt_tokens), sum(completion_tokens), "
        "sum(cost_millionths), sum(cost_rest), sum(elapsed_ms), sum(ttft_05), sum(ttft_06), sum(ttft_09) "
        "FROM chat_dailytotal GROUP BY 1,2,3,4,5,6,7,8",
        "corrections": "SELECT count(*), sum(cost) FROM chat_correction",
        "budgets": "SELECT scope, used, begins FROM chat_budget WHERE scope IN ('site', 'group')",
    }
    found = {}
    with connection.cursor() as cursor:
        for name, statement in statements.items():
            cursor.execute(statement)
            found[name] = sorted(map(str, cursor.fetchall()))
    return found
