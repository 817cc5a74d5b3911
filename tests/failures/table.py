"""The failure table: one row for each failure and phase."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Final

from tests.failures.row import ANSWER, PARTIAL, PIECES, REST, WHOLE, Knobs, Row, after, before, refused, waited_out
from tests.harness.upstream import anthropic, openai

KEY: Final = "sk-failing-0123456789abcdef"
# A server that answers a redirect with the prompt leaves a request at this path.
ELSEWHERE: Final = "/elsewhere"
IDLE_SECONDS: Final = 2.5
# A first word may take longer, and takes so long in some rows.
FIRST_TOKEN_SECONDS: Final = 9
WAIT_SECONDS: Final = 4
HURRY_SECONDS: Final = 3


def http_date(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


def unreachable() -> Iterable[Row]:
    for where in ("nobody listens", "no such name", "untrusted certificate"):
        yield Row(where, (), "network_error", (), retryable=True, status="failed", news=("retry",), at=where)


def limited() -> Iterable[Row]:
    wait = Row("429", (), "stop", ("rate_limit", "stop"), text=WHOLE, news=("retry",))
    for name, value, waits in (("seconds", "2.5", 2.5), ("a date", http_date(-5), 0.0)):
        limit: Knobs = {"status": 429, "headers": {"Retry-After": value}}
        yield replace(wait, name=f"429, Retry-After {name}", scripts=(limit, ANSWER), waits=waits)
    yield from before("429", "rate_limit", status=429)
    for name, value in (("seconds", "3600"), ("a date", http_date(3600))):
        headers = {"Retry-After": value}
        row = refused(f"429, Retry-After {name} beyond", "rate_limit", "asked again at", status=429, headers=headers)
        yield replace(row, retryable=True)


def statuses() -> Iterable[Row]:
    for status in (500, 503, 529):
        yield from before(f"{status}", "api_error", status=status)
    loading: Knobs = {"status": 503, "error_type": "unavailable_error", "error_message": "Loading model"}
    # More often than a failure is asked again.
    attempts = ("api_error", "api_error", "stop")
    yield Row("loads", (loading, loading, ANSWER), "stop", attempts, text=WHOLE, news=("retry", "retry"))
    # What a provider says may hold all that nobody else must see.
    secrets = {"error_message": f"Bad key {KEY}, see http://10.9.8.7/keys", "error_type": ""}
    for status, code in ((400, "api_error"), (401, "authentication"), (403, "authentication"), (404, "api_error")):
        yield refused(f"{status}", code, "[key]", status=status, **secrets)
    yield from before("500 with secrets", "api_error", status=500, **secrets)


def no_streams() -> Iterable[Row]:
    yield from before("200 with a JSON error", "api_error", body='{"type": "error", "error": {"message": "died"}}')
    yield from before("200 with nothing", "api_error", body="")
    yield from before("200 with no event", "api_error", raw=[])
    yield from before("200 with comments", "api_error", raw=[b": ping\n\n", b": ping\n\n"])
    yield refused("200 with a web page", "api_error", body="<!doctype html><title>Welcome</title>")
    yield refused("200 with other JSON", "api_error", body='{"object": "list", "data": []}')
    for status in (302, 307, 308):
        yield refused(f"{status}", "api_error", "redirects", status=status, headers={"Location": ELSEWHERE}, body="")


FAULTS: Final[dict[str, tuple[str, str, Knobs]]] = {
    # What it is: its code before the text, and after it.
    "error data": ("api_error", "api_error", {"then": "error"}),
    "error event": ("api_error", "api_error", {"then": "error_event"}),
    "overloaded": ("api_error", "api_error", {"then": "error", "error_type": "overloaded_error"}),
    "rate limit event": ("rate_limit", "rate_limit", {"then": "error", "error_type": "rate_limit_error"}),
    "close": ("network_error", "interrupted", {"then": "close"}),
    "reset": ("network_error", "interrupted", {"then": "reset"}),
    "end": ("api_error", "interrupted", {"then": "end"}),
    "silence": ("timeout", "timeout", {"then": "hang"}),
    "nothing but pings": ("timeout", "timeout", {"then": "hang", "ping_every": 0.2}),
}


def faults() -> Iterable[Row]:
    for name, (code_before, code_after, knobs) in FAULTS.items():
        first = before(f"{name} before text", code_before, **knobs)
        yield from waited_out(f"{name} before text", **knobs) if code_before == "timeout" else first
        yield from after(f"{name} after text", code_after, **knobs)
    for fault in ("close", "reset"):
        yield from before(f"{fault} before the headers", "network_error", then=fault, before_headers=True)
    yield from waited_out("silence before the headers", then="hang", before_headers=True)
    # Somebody else has the only slot, or the model is loaded first.
    busy: Knobs = {**ANSWER, "delay_headers": WAIT_SECONDS}
    yield Row("headers that come late", (busy,), "stop", ("stop",), text=WHOLE)
    yield Row("a first word that comes late", ({**ANSWER, "delay_first": WAIT_SECONDS},), "stop", ("stop",), text=WHOLE)
    pinging: Knobs = {**ANSWER, "then": "hang", "ping_every": 0.2, "hang_seconds": WAIT_SECONDS}
    yield Row("pings, and then a first word", (pinging,), "stop", ("stop",), text=WHOLE)
    aborted: Knobs = {"finish_reason": "abort"}
    yield from before("abort before text", "api_error", text=[], **aborted)
    half: Knobs = {"text": PIECES[:4], **aborted}
    yield Row("abort after text", (half, REST), "stop", ("api_error", "stop"), text=WHOLE, news=("continue",))
    denied: Knobs = {"then": "error", "error_type": "authentication_error"}
    yield refused("denied by an event", "authentication", **denied)
    late = refused("denied by an event after text", "authentication", **ANSWER, after=4, **denied)
    yield replace(late, status="interrupted", text=PARTIAL)


def between() -> Iterable[Row]:
    """What is neither clearly before nor clearly after the first text."""
    cut: Knobs = {**ANSWER, "then": "end", "after": 4}
    again: Knobs = {"text": [*PIECES[3:]]}
    long_cut: Knobs = {**ANSWER, "then": "end", "after": 6}
    stops = Row("", (), "stop", ("interrupted", "stop"), text=WHOLE)
    yield replace(stops, name="repetition in the rest", scripts=(long_cut, again), news=("continue",))
    both = ("api_error", "interrupted", "stop")
    scripts = ({"status": 500}, cut, REST)
    yield replace(stops, name="retried, then continued", scripts=scripts, attempts=both, news=("retry", "continue"))
    thought: Knobs = {"reasoning": ["Hm."], "then": "end", "after": 1}
    yield replace(stops, name="end after thoughts, once", scripts=(thought, ANSWER), news=("retry",))
    blank: Knobs = {"text": ["\n", " "], "then": "end", "after": 2}
    words: Knobs = {"text": PIECES}
    yield replace(stops, name="end after a blank", scripts=(blank, words), text=f"\n {WHOLE}", news=("retry",))
    broken = replace(stops, ended="interrupted", attempts=("interrupted",) * 2, retryable=True, status="interrupted")
    yield replace(broken, name="end after thoughts, again", scripts=(thought,), text="", news=("retry",))
    called = [{"id": "call_1", "name": "weather"}, {"arguments": '{"city":'}, {"arguments": '"Oslo"}'}]
    for after_call in (1, 2):
        call: Knobs = {"tool_calls": called, "then": "end", "after": after_call}
        half = replace(broken, name=f"end in a tool call {after_call}", scripts=(call,), text="")
        yield replace(half, attempts=("interrupted",))
    failed: Knobs = {"status": 500}
    codes = ("interrupted", "api_error")
    late = replace(broken, name="500 for the rest", scripts=(cut, failed), attempts=codes, text=PARTIAL)
    yield replace(late, news=("continue",))


def endings() -> Iterable[Row]:
    """Regular ends that are no plain success, and events that cannot be read."""
    call = [{"id": "call_1", "name": "weather"}, {"arguments": '{"city": "Oslo"}'}]
    for reason in ("length", "content_filter"):
        yield Row(reason, ({**ANSWER, "finish_reason": reason},), reason, (reason,), text=WHOLE)
        yield Row(f"{reason}, no text", ({"text": [], "finish_reason": reason},), reason, (reason,))
    # It was answered, and paid for: nothing that can be shown is not asked for again.
    yield Row("stop, no text", ({"text": []},), "stop", ("stop",))
    unknown: tuple[str | None, ...] = (None, "", "xyz")
    for word in unknown:
        yield Row(f"reason {word!r}", ({**ANSWER, "finish_reason": word},), "other", ("other",), text=WHOLE)
    calls: Knobs = {"text": [], "tool_calls": call, "finish_reason": "tool_calls"}
    yield Row("tool_calls", (calls,), "tool_calls", ("tool_calls",))
    for place in (0, 4):
        knobs = {**ANSWER, "then": "malformed", "after": place}
        yield Row(f"malformed at {place}", (knobs,), "stop", ("stop",), text=WHOLE)


def ended_here() -> Iterable[Row]:
    """What the site or the reader ends."""
    words: Knobs = {"tokens": 500, "delay": 0.4}
    thoughts: Knobs = {"reasoning": ["Hm. "] * 500, "delay": 0.4}
    late = Row("", (), "timeout", ("timeout",), retryable=True, status="interrupted", text=None, in_a_hurry=True)
    yield replace(late, name="total time after text", scripts=(words,))
    yield replace(late, name="total time before text", scripts=(thoughts,), text="")
    stop = Row("", (), "stopped", ("stopped",), status="stopped")
    yield replace(stop, name="stop before text", scripts=(thoughts,), stop_at="reasoning")
    yield replace(stop, name="stop after text", scripts=(words,), text=None, stop_at="token")
    busy: Knobs = {"status": 429, "headers": {"Retry-After": "30"}}
    wait = replace(stop, name="stop while waiting", scripts=(busy,), attempts=("rate_limit",), stop_at="status")
    yield replace(wait, news=("retry",), waits=30.0)


def both_formats() -> list[Row]:
    parts = (unreachable, limited, statuses, no_streams, faults, between, endings, ended_here)
    return [row for part in parts for row in part()]


def of_openai() -> Iterable[Row]:
    said = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."
    long: Knobs = {"status": 400, "error_type": "invalid_request_error", "error_code": "context_length_exceeded"}
    yield refused("context length", "context_length", "too long", error_message=said, **long)
    no: bytes = openai.event({"choices": [{"delta": {"refusal": "No."}}]})
    end: bytes = openai.event({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    counts: bytes = openai.event({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 1}})
    yield Row("refusal", ({"raw": [no, end, counts]},), "content_filter", ("content_filter",), text="No.")


def of_anthropic() -> Iterable[Row]:
    said = "prompt is too long: 210000 tokens > 200000 maximum"
    long: Knobs = {"status": 400, "error_type": "invalid_request_error"}
    yield refused("context length", "context_length", "too long", error_message=said, **long)
    yield from before("200 with pings", "api_error", raw=[anthropic.PING, anthropic.PING])


ROWS: Final[dict[str, list[Row]]] = {
    "openai": [*both_formats(), *of_openai()],
    "anthropic": [*both_formats(), *of_anthropic()],
}
