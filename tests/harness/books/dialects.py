"""How servers tell what they used: each dialect says known counts in its own way.

A usage object carries what it means besides, as `due`: columns of the ledger and their values. Nobody but the audit
reads that. A dialect is for one of the two formats, and for models at which it makes a difference.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Final

Json = dict[str, Any]
Knobs = dict[str, Any]
ZEROS: Final = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
NOTHING: Final = {"input_tokens": 0, "output_tokens": 0}


@dataclass(frozen=True, slots=True)
class Counts:
    """What an answer used. `prompt` holds what was cached and written, `completion` what was thought."""

    prompt: int
    cached: int
    written: int
    completion: int
    thought: int

    @classmethod
    def by_chance(cls, random: Random) -> "Counts":
        cached, written = random.randint(1, 5000), random.randint(1, 5000)
        thought = random.randint(1, 900)
        return cls(
            cached + written + random.randint(1, 5000), cached, written, thought + random.randint(1, 300), thought
        )

    @property
    def due(self) -> Json:
        return {"source": "provider", "prompt_tokens": self.prompt, "completion_tokens": self.completion}

    @property
    def plain(self) -> Json:
        """As OpenAI tells them."""
        total = self.prompt + self.completion
        return {"prompt_tokens": self.prompt, "completion_tokens": self.completion, "total_tokens": total}


Dialect = Callable[[Random, Counts], Knobs]
# Dialects of each format, and the models they are tried with.
OPENAI: Final[dict[Dialect, tuple[str, ...]]] = {}
ANTHROPIC: Final[dict[Dialect, tuple[str, ...]]] = {}
PRICED: Final = ("gpt-4o", "gpt-4o-mini", "gpt-6-astra", "claude-opus-5")
EVERY: Final = (*PRICED, "o3-mini", "tiny-local")


def of(group: dict[Dialect, tuple[str, ...]], *models: str) -> Callable[[Dialect], Dialect]:
    def noted(dialect: Dialect) -> Dialect:
        group[dialect] = models
        return dialect

    return noted


def told(usage: Json, **due: Any) -> Knobs:
    return {"usage_json": usage | {"due": due}}


@of(OPENAI, *EVERY)
def in_the_choice(random: Random, counts: Counts) -> Knobs:
    """Moonshot's."""
    return told(counts.plain, **counts.due) | {"usage_place": "choice", "usage": "last"}


@of(OPENAI, *EVERY)
def beside_the_choices(random: Random, counts: Counts) -> Knobs:
    """Groq's."""
    return told(counts.plain, **counts.due) | {"usage_place": "x_groq", "usage": "last"}


@of(OPENAI, *EVERY)
def zeros_after_counts(random: Random, counts: Counts) -> Knobs:
    return {"start_json": counts.plain | {"due": counts.due}, "usage_json": ZEROS}


@of(OPENAI, *EVERY)
def zeros_for_counts(random: Random, counts: Counts) -> Knobs:
    """LitServe's."""
    return told(ZEROS | {"prompt_tokens_details": {"cached_tokens": 0}}, source="estimated")


@of(OPENAI, *EVERY)
def thoughts_beside(random: Random, counts: Counts) -> Knobs:
    """xAI's and Gemini's: the total has more than prompt and completion; or the completion is 0, or missing."""
    usage = counts.plain
    match random.randrange(3):
        case 0:
            shown = {"completion_tokens": counts.completion - counts.thought}
            usage |= shown | {"completion_tokens_details": {"reasoning_tokens": counts.thought}}
        case 1:
            usage["completion_tokens"] = 0
        case 2:
            del usage["completion_tokens"]
    return told(usage, **counts.due)


@of(OPENAI, *EVERY)
def cached_by_other_names(random: Random, counts: Counts) -> Knobs:
    name = random.choice(["prompt_cache_hit_tokens", "cached_tokens", "cache_read_input_tokens"])
    return told(counts.plain | {name: counts.cached}, **counts.due, cached_tokens=counts.cached)


@of(OPENAI, "gpt-6-astra", "claude-opus-5")
def written_for_some_time(random: Random, counts: Counts) -> Knobs:
    """OpenAI's; what it keeps for twelve hours has no price that anybody knows, but Anthropic's for long."""
    long = random.choice([0, counts.written])
    lifetimes = {"30m": counts.written - long, "12h": long}
    divided = {f"ttl_{name}_tokens": tokens for name, tokens in lifetimes.items()}
    details: Json = {"cached_tokens": counts.cached, "cache_write_tokens": counts.written}
    details["cache_write_tokens_details"] = divided
    return told(
        counts.plain | {"prompt_tokens_details": details},
        **counts.due,
        cached_tokens=counts.cached,
        cache_write_tokens=counts.written,
        cache_write_lifetimes={name: tokens for name, tokens in lifetimes.items() if tokens},
    )


@of(OPENAI, *PRICED, "o3-mini")
def by_tier(random: Random, counts: Counts) -> Knobs:
    """The project's default decides, and nobody asked: on each chunk, or among the counts."""
    tier = random.choice(["priority", "flex", "fast", "default", "auto", "standard", "scale"])
    if random.randrange(2):
        return told(counts.plain | {"service_tier": tier}, **counts.due, service_tier=tier)
    return told(counts.plain, **counts.due, service_tier=tier) | {"head_json": {"service_tier": tier}}


@of(OPENAI, *EVERY)
def ended_by_another_word(random: Random, counts: Counts) -> Knobs:
    end = {"finish_reason": "other", "finish_detail": "tired"}
    return told(counts.plain, **counts.due, **end) | {"finish_reason": "tired"}


@of(OPENAI, *EVERY)
def with_a_price(random: Random, counts: Counts) -> Knobs:
    """OpenRouter's and xAI's."""
    ticks = random.randint(1, 10**10)
    units = ticks * 100
    usage: Json = random.choice([{"cost_in_usd_ticks": ticks}, {"cost": f"{ticks / 10**10:.10f}"}])
    tier = {"service_tier": random.choice(["default", "scale"])}
    return told(counts.plain | usage | tier, **counts.due, **tier, provider_cost=units)


@of(ANTHROPIC, *EVERY)
def end_names_the_prompt_anew(random: Random, counts: Counts) -> Knobs:
    """Anthropic-compatible servers': the input of the end replaces that of the start."""
    fresh = counts.prompt - counts.cached
    end = {"input_tokens": fresh, "cache_read_input_tokens": counts.cached, "output_tokens": counts.completion}
    start = {"input_tokens": random.choice([0, counts.prompt * 2]), "output_tokens": 1}
    return told(end, **counts.due, cached_tokens=counts.cached) | {"start_json": start}


@of(ANTHROPIC, *EVERY)
def nothing_counted(random: Random, counts: Counts) -> Knobs:
    """LiteLLM's start of an answer, and an end that knows no more."""
    return told(NOTHING, source="estimated") | {"start_json": NOTHING}


@of(ANTHROPIC, "claude-opus-5", "gpt-6-astra")
def written_for_minutes_and_an_hour(random: Random, counts: Counts) -> Knobs:
    hour = random.randint(0, counts.written)
    parts = {"ephemeral_5m_input_tokens": counts.written - hour, "ephemeral_1h_input_tokens": hour}
    start = {"input_tokens": counts.prompt - counts.cached - counts.written, "output_tokens": 1}
    start |= {"cache_read_input_tokens": counts.cached, "cache_creation_input_tokens": counts.written}
    lifetimes = {"5m": counts.written - hour, "1h": hour}
    return told(
        {"output_tokens": counts.completion},
        **counts.due,
        cached_tokens=counts.cached,
        cache_write_tokens=counts.written,
        long_cache_write_tokens=hour,
        cache_write_lifetimes={name: tokens for name, tokens in lifetimes.items() if tokens},
    ) | {"start_json": start | {"cache_creation": parts}}


@of(ANTHROPIC, "claude-opus-5", "gpt-4o", "o3-mini")
def with_searches(random: Random, counts: Counts) -> Knobs:
    searches = random.randint(0, 5)
    usage = {"output_tokens": counts.completion, "server_tool_use": {"web_search_requests": searches}}
    return told(usage, **counts.due, web_searches=searches) | begun(counts)


@of(ANTHROPIC, "claude-opus-5")
def by_speed_and_place(random: Random, counts: Counts) -> Knobs:
    words = {
        "speed": random.choice(["standard", "fast"]),
        "inference_geo": random.choice(["global", "not_available", "us"]),
        "service_tier": random.choice(["standard", "priority"]),
    }
    # Mostly one of them at a time.
    kept = random.sample(sorted(words), random.choice([1, 1, 3]))
    words = {name: words[name] for name in kept}
    return told({"output_tokens": counts.completion} | words, **counts.due, **words) | begun(counts)


def begun(counts: Counts) -> Knobs:
    return {"start_json": {"input_tokens": counts.prompt, "output_tokens": 1}}
