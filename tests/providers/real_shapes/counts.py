"""What counts mean, by whatever names: parts, wholes, and what stands outside of them."""

from typing import Any, Final

from chat.events import Usage
from tests.providers.real_shapes.case import STOP, Case, Fails, c, completions, f, m, messages, start, t, u

HELLO: Final = c(content="Hello")


def counted(kind: str, usage: dict[str, Any], right: Usage) -> Case:
    return completions(kind, HELLO, f(), u(usage), text="Hello", usage=right)


def named(kind: str, first: dict[str, Any], last: dict[str, Any], right: Usage) -> Case:
    """Return a case of counts that a stream of messages names at its start and at its end."""
    return messages(kind, start(first), t("Hello"), m("end_turn", last), STOP, text="Hello", usage=right)


def plain(prompt: int, completion: int, **more: Any) -> dict[str, Any]:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion} | more


def thought(tokens: int) -> dict[str, Any]:
    return {"completion_tokens_details": {"reasoning_tokens": tokens}}


CACHED: Final[dict[str, dict[str, Any]]] = {
    "OpenAI's": {"prompt_tokens_details": {"cached_tokens": 900}},
    "DeepSeek's": {"prompt_cache_hit_tokens": 900, "prompt_cache_miss_tokens": 100},
    "Moonshot's, at the top": {"cached_tokens": 900},
    "Anthropic's": {"cache_read_input_tokens": 900},
    "by two names at once": {"prompt_tokens_details": {"cached_tokens": 900}, "cache_read_input_tokens": 900},
    "0 by one name and not by another": {
        "prompt_tokens_details": {"cached_tokens": 0},
        "prompt_cache_hit_tokens": 900,
    },
    "by an empty object and another name": {"prompt_tokens_details": None, "cached_tokens": 900},
}

CASES: Final[list[Case]] = [
    counted(
        "thoughts outside of the completion", plain(32, 9, total_tokens=135) | thought(94), Usage(32, None, 103, 94)
    ),
    counted(
        "thoughts outside, no completion",
        {"prompt_tokens": 21, "completion_tokens": 0, "total_tokens": 81},
        Usage(21, None, 60),
    ),
    counted("thoughts outside, the completion missing", {"prompt_tokens": 20, "total_tokens": 62}, Usage(20, None, 42)),
    counted(
        "thoughts outside, without a total",
        {"prompt_tokens": 32, "completion_tokens": 9} | thought(94),
        Usage(32, None, 103, 94),
    ),
    counted("thoughts outside, the total without them", plain(32, 9) | thought(94), Usage(32, None, 103, 94)),
    counted("thoughts inside of the completion", plain(32, 103) | thought(94), Usage(32, None, 103, 94)),
    counted("thoughts that are all of the completion", plain(32, 94) | thought(94), Usage(32, None, 94, 94)),
    counted("thoughts of nobody's", plain(32, 9) | thought(0), Usage(32, None, 9, 0)),
    counted("thoughts at the top", plain(32, 103, reasoning_tokens=94), Usage(32, None, 103, 94)),
    counted(
        "thoughts by the Responses API's name",
        plain(32, 103, output_tokens_details={"reasoning_tokens": 94}),
        Usage(32, None, 103, 94),
    ),
    counted("a total that is too small", plain(32, 9, total_tokens=20), Usage(32, None, 9)),
    counted("a total of 0", plain(32, 9, total_tokens=0), Usage(32, None, 9)),
    counted("a total without a prompt", {"total_tokens": 62}, Usage()),
    *(counted(f"cached, {kind}", plain(1000, 8) | cached, Usage(1000, 900, 8)) for kind, cached in CACHED.items()),
    counted("nothing cached", plain(1000, 8, prompt_tokens_details={"cached_tokens": 0}), Usage(1000, 0, 8)),
    counted("all of it cached", plain(900, 8, cached_tokens=900), Usage(900, 900, 8)),
    counted(
        "cached beside the prompt, as the total tells",
        plain(100, 8, total_tokens=1008, cache_read_input_tokens=900),
        Usage(1000, 900, 8),
    ),
    counted(
        "more cached than the prompt has, without a total",
        {"prompt_tokens": 100, "completion_tokens": 8, "cache_read_input_tokens": 900},
        Usage(None, None, 8),
    ),
    counted(
        "more cached than the prompt has, and than the total",
        plain(100, 8, cache_read_input_tokens=900),
        Usage(None, None, 8),
    ),
    counted(
        "cached, but nothing of the prompt",
        {"prompt_tokens": 0, "completion_tokens": 8, "cache_read_input_tokens": 900},
        Usage(None, 900, 8),
    ),
    counted(
        "written and cached",
        plain(1000, 8, prompt_tokens_details={"cached_tokens": 600, "cache_write_tokens": 300}),
        Usage(1000, 600, 8, cache_write_tokens=300),
    ),
    counted(
        "written, at the top", plain(1000, 8, cache_write_tokens=300), Usage(1000, None, 8, cache_write_tokens=300)
    ),
    counted(
        "written, LiteLLM's",
        plain(1000, 8, cache_creation_input_tokens=300, cache_read_input_tokens=0),
        Usage(1000, 0, 8, cache_write_tokens=300),
    ),
    counted(
        "in the Responses API's names",
        {
            "input_tokens": 1000,
            "input_tokens_details": {"cached_tokens": 900},
            "output_tokens": 8,
            "total_tokens": 1008,
        },
        Usage(1000, 900, 8),
    ),
    counted(
        "in both formats' names", plain(1000, 8) | {"input_tokens": 1000, "output_tokens": 8}, Usage(1000, None, 8)
    ),
    counted("as text", {"prompt_tokens": "120", "completion_tokens": "8", "total_tokens": "128"}, Usage(120, None, 8)),
    counted("as floats", {"prompt_tokens": 120.0, "completion_tokens": 8.0}, Usage(120, None, 8)),
    counted("negative ones", {"prompt_tokens": -1, "completion_tokens": 8, "total_tokens": -1}, Usage(None, None, 8)),
    counted(
        "null ones",
        {"prompt_tokens": None, "completion_tokens": 8, "prompt_tokens_details": {"cached_tokens": None}},
        Usage(None, None, 8),
    ),
    counted("true and false", {"prompt_tokens": True, "completion_tokens": 8}, Usage(None, None, 8)),
    named(
        "start and end differ",
        {"input_tokens": 8834},
        {"input_tokens": 18, "cache_read_input_tokens": 8831, "output_tokens": 5},
        Usage(8849, 8831, 5),
    ),
    named(
        "cached at the start alone",
        {"input_tokens": 18, "cache_read_input_tokens": 8831},
        {"output_tokens": 5},
        Usage(8849, 8831, 5),
    ),
    named(
        "the same at start and end",
        {"input_tokens": 18, "cache_read_input_tokens": 8831, "cache_creation_input_tokens": 0},
        {"input_tokens": 18, "cache_read_input_tokens": 8831, "cache_creation_input_tokens": 0, "output_tokens": 5},
        Usage(8849, 8831, 5, cache_write_tokens=0),
    ),
    named(
        "0 at the start, all at the end",
        {"input_tokens": 0},
        {"input_tokens": 18, "cache_read_input_tokens": 8831, "output_tokens": 5},
        Usage(8849, 8831, 5),
    ),
    named(
        "all of it cached",
        {"input_tokens": 0, "cache_read_input_tokens": 8831},
        {"output_tokens": 5},
        Usage(8831, 8831, 5),
    ),
    named(
        "thoughts in the output",
        {"input_tokens": 18},
        {"output_tokens": 103, "output_tokens_details": {"thinking_tokens": 94}},
        Usage(18, None, 103, 94),
    ),
    named(
        "thoughts outside of the output",
        {"input_tokens": 32},
        {"output_tokens": 9, "output_tokens_details": {"reasoning_tokens": 94}},
        Usage(32, None, 103, 94),
    ),
    named(
        "a total with more than the output",
        {"input_tokens": 32},
        {"output_tokens": 9, "total_tokens": 135},
        Usage(32, None, 103),
    ),
    named("stopped after a start of zeros", {"input_tokens": 0, "output_tokens": 0}, {}, Usage()),
    messages(
        "cut off after a start of zeros",
        start({"input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 0}),
        t("Hello"),
        text="Hello",
        end=Fails("interrupted"),
        usage=Usage(cached_tokens=0),
    ),
    named("no output for a text", {"input_tokens": 120, "output_tokens": 1}, {"output_tokens": 0}, Usage(120)),
]
# What says nothing is the same as none.
CASES[:] = [
    case if case.usage != Usage() else Case(case.kind, case.wire, case.body, text=case.text, end=case.end)
    for case in CASES
]
