"""The rows of providers: made from the environment, connected to, and given names for their models."""

import os
from decimal import Decimal
from itertools import chain, count
from typing import Final

from django.conf import settings
from django.db import transaction

from chat.models import ChatModel, Price, Provider
from chat.providers.base import Endpoint
from chat.providers.base import Provider as Source
from chat.providers.registry import provider_for

DEMO: Final = "demo"


async def connect(provider: Provider) -> Source:
    """Return the source of completions behind a provider's row."""
    patience = settings.CHAT_IDLE_TIMEOUT, settings.CHAT_FIRST_TOKEN_TIMEOUT
    endpoint = Endpoint(provider.address, provider.api_key, *patience, provider.is_the_sdks_own)
    return await provider_for(provider.kind, endpoint)


@transaction.atomic
def ensure_providers() -> None:
    """Make the rows that the environment calls for: the demo always, and each provider whose variables are set."""
    demo, _ = Provider.objects.get_or_create(name=DEMO, defaults={"kind": Provider.Kind.DEMO})
    model, _ = ChatModel.objects.get_or_create(
        provider=demo, upstream_name=DEMO, defaults={"name": free_name(DEMO, demo)}
    )
    if not model.prices.exists():
        nothing = Decimal(0)
        model.prices.create(
            input_per_million=nothing,
            output_per_million=nothing,
            origin=Price.Origin.BUILT_IN,
            valid_from=demo.created_at,
        )
    for kind, variables in (
        (Provider.Kind.OPENAI, ("OPENAI_API_KEY", "OPENAI_BASE_URL")),
        (Provider.Kind.ANTHROPIC, ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL")),
    ):
        if any(os.environ.get(variable, "").strip() for variable in variables):
            Provider.objects.get_or_create(name=kind.value, defaults={"kind": kind, "api_key_variable": variables[0]})


def free_name(name: str, provider: Provider) -> str:
    """Return `name`, or provider/name where another model has it, or that with the first number that nobody has."""
    candidates = chain((name,), (f"{provider.name}/{name}",), (f"{provider.name}/{name} ({n})" for n in count(2)))
    return next(each for each in candidates if not ChatModel.objects.filter(name=each).exists())
