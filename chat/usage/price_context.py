"""By what else than its standard a provider charges a request: what genai-prices calls its price context."""

import re
from typing import Final, Protocol

# The words for what costs what it always does, by what they are said of. Groq's is `on_demand`; Anthropic's models
# that cannot be held to a place say `not_available`.
STANDARD: Final = {
    "inference_geo": frozenset({"", "global", "not_available"}),
    "service_tier": frozenset({"", "standard", "default", "auto", "on_demand"}),
    "speed": frozenset({"", "standard"}),
}

# What stands between words in a context, and so is no part of one.
BETWEEN: Final = re.compile(r"[\s,=]+")


class Charged(Protocol):
    """The provider's own words; `chat.events.Usage` and the ledger's rows have them."""

    @property
    def inference_geo(self) -> str | None: ...
    @property
    def service_tier(self) -> str | None: ...
    @property
    def speed(self) -> str | None: ...


def context_of(charged: Charged) -> str:
    """Return what is not standard, such as `service_tier=priority, speed=fast`; empty where everything is."""
    words = {name: BETWEEN.sub("-", (getattr(charged, name) or "").strip().lower()) for name in STANDARD}
    return ", ".join(f"{name}={word}" for name, word in words.items() if word not in STANDARD[name])


def parsed(context: str) -> dict[str, str]:
    """Return what `context_of` put into words."""
    return dict(part.split("=", 1) for part in context.split(", ")) if context else {}
