"""The models that the caller may choose."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from chat.catalog.choice import Choice, choices
from chat.views.access import Caller, api, respond


@api("GET")
def models(request: HttpRequest, caller: Caller) -> HttpResponse:
    """List the models with prices per million tokens, null where none is known."""
    return respond({"models": [_model(choice) for choice in choices(caller.user)]})


def _model(choice: Choice) -> dict[str, Any]:
    price = None
    if choice.priced:
        price = {
            "input_per_million": choice.input_per_million,
            "output_per_million": choice.output_per_million,
            "currency": choice.currency,
        }
    return {"name": choice.name, "provider": choice.provider, "is_default": choice.is_default, "price": price}
