"""The models that the caller may choose, and which of them are favourites."""

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse

from chat.catalog.choice import Choice, choices, set_favourite
from chat.views.access import Caller, api, parse, respond


class Preference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody thinks of a model."""

    name: str
    favourite: bool


@api("GET", "PATCH")
def models(request: HttpRequest, caller: Caller) -> HttpResponse:
    """List the models with prices per million tokens, null where none is known; PATCH marks one a favourite."""
    if request.method == "PATCH":
        asked = parse(request, Preference)
        set_favourite(caller.user, asked.name, favourite=asked.favourite)
    return respond({"models": [_model(choice) for choice in choices(caller.user)]})


def _model(choice: Choice) -> dict[str, Any]:
    price = None
    if choice.priced:
        price = {
            "input_per_million": choice.input_per_million,
            "output_per_million": choice.output_per_million,
            "currency": choice.currency,
        }
    return {
        "name": choice.name,
        "provider": choice.provider,
        "is_default": choice.is_default,
        "price": price,
        "context_window": choice.context_window,
        "description": choice.description,
        "favourite": choice.is_favourite,
    }
