"""Whole answers to a streamed question: they were paid for, and are the answer."""

import json
from typing import Any, Final

from chat.events import Finished, Usage
from tests.providers.real_shapes.case import COMPLETIONS, DONE, MESSAGES, STOP, Case, Fails, c, event, f, typed
from tests.providers.real_shapes.unshown import ADDRESS, PICTURE, SOURCE

COUNTS: Final = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
INPUT: Final = {"input_tokens": 9, "output_tokens": 2}
USAGE: Final = Usage(9, None, 2)
CALL: Final = {"id": "a", "type": "function", "function": {"name": "time", "arguments": "{}"}}


def completion(message: Any, reason: Any = "stop", **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": message, "finish_reason": reason}
    return {"id": "c", "object": "chat.completion", "choices": [choice], "usage": COUNTS} | more


def message(content: Any, reason: Any = "end_turn", **more: Any) -> dict[str, Any]:
    answer = {"id": "m", "type": "message", "role": "assistant", "content": content, "stop_reason": reason}
    return answer | {"usage": INPUT} | more


def said(text: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text}]


def whole(kind: str, wire: Any, answer: Any, **right: Any) -> Case:
    return Case(kind, wire, json.dumps(answer).encode(), **right)


CASES: Final[list[Case]] = [
    whole(
        "text and counts", COMPLETIONS, completion({"role": "assistant", "content": "Hello"}), text="Hello", usage=USAGE
    ),
    whole("text and counts", MESSAGES, message(said("Hello")), text="Hello", usage=USAGE),
    whole(
        "cut by its length",
        COMPLETIONS,
        completion({"content": "Hello"}, "length"),
        text="Hello",
        end=Finished("length"),
        usage=USAGE,
    ),
    whole(
        "cut by its length",
        MESSAGES,
        message(said("Hello"), "max_tokens"),
        text="Hello",
        end=Finished("length"),
        usage=USAGE,
    ),
    whole(
        "without a reason",
        COMPLETIONS,
        completion({"content": "Hello"}, None),
        text="Hello",
        end=Finished("other", "none"),
        usage=USAGE,
    ),
    whole(
        "without a reason",
        MESSAGES,
        message(said("Hello"), None),
        text="Hello",
        end=Finished("other", "none"),
        usage=USAGE,
    ),
    whole("without counts", COMPLETIONS, completion({"content": "Hello"}, usage=None), text="Hello"),
    whole("without counts", MESSAGES, message(said("Hello"), usage=None), text="Hello"),
    whole(
        "a thought in a field",
        COMPLETIONS,
        completion({"reasoning_content": "Hm", "content": "Yes"}),
        thought="Hm",
        text="Yes",
        usage=USAGE,
    ),
    whole(
        "a thought in a block",
        MESSAGES,
        message([{"type": "thinking", "thinking": "Hm", "signature": "x"}, *said("Yes")]),
        thought="Hm",
        text="Yes",
        usage=USAGE,
    ),
    whole(
        "a thought between tags",
        COMPLETIONS,
        completion({"content": "<think>Hm</think>\n\nYes"}),
        thought="Hm",
        text="Yes",
        usage=USAGE,
    ),
    whole(
        "a thought between tags",
        MESSAGES,
        message(said("<think>Hm</think>\n\nYes")),
        thought="Hm",
        text="Yes",
        usage=USAGE,
    ),
    whole(
        "text and two calls",
        COMPLETIONS,
        completion({"content": "One moment.", "tool_calls": [CALL, CALL | {"id": "b"}]}, "tool_calls"),
        text="One moment.",
        calls=(("a", "time", "{}"), ("b", "time", "{}")),
        end=Finished("tool_calls"),
        usage=USAGE,
    ),
    whole(
        "text and two calls",
        MESSAGES,
        message(
            [
                *said("One moment."),
                *({"type": "tool_use", "id": call_id, "name": "time", "input": {}} for call_id in "ab"),
            ],
            "tool_use",
        ),
        text="One moment.",
        calls=(("a", "time", ""), ("b", "time", "")),
        end=Finished("tool_calls"),
        usage=USAGE,
    ),
    whole(
        "the legacy function_call",
        COMPLETIONS,
        completion({"content": None, "function_call": CALL["function"]}, "function_call"),
        calls=(("", "time", "{}"),),
        end=Finished("tool_calls"),
        usage=USAGE,
    ),
    whole(
        "a picture",
        COMPLETIONS,
        completion({"content": "", "images": [{"image_url": {"url": ADDRESS}}]}),
        pictures=(PICTURE,),
        usage=USAGE,
    ),
    whole("a picture", MESSAGES, message([{"type": "image", "source": SOURCE}]), pictures=(PICTURE,), usage=USAGE),
    whole("sound alone", COMPLETIONS, completion({"content": None, "audio": {"data": "UklGRg=="}}), usage=USAGE),
    whole(
        "a refusal",
        COMPLETIONS,
        completion({"content": None, "refusal": "I cannot."}),
        text="I cannot.",
        end=Finished("content_filter"),
        usage=USAGE,
    ),
    whole("a refusal", MESSAGES, message([], "refusal"), end=Finished("content_filter"), usage=USAGE),
    whole("typed parts", COMPLETIONS, completion({"content": [*said("Hel"), *said("lo")]}), text="Hello", usage=USAGE),
    whole(
        "a pair of halves",
        COMPLETIONS,
        completion({"content": "\ud83c\udf89 \ud83c"}),
        text="\U0001f389 \ufffd",
        usage=USAGE,
    ),
    whole("a pair of halves", MESSAGES, message(said("\ud83c\udf89 \ud83c")), text="\U0001f389 \ufffd", usage=USAGE),
    whole(
        "a service tier",
        COMPLETIONS,
        completion({"content": "Hello"}, service_tier="priority"),
        text="Hello",
        usage=Usage(9, None, 2, service_tier="priority"),
    ),
    whole(
        "the cache and a tier",
        MESSAGES,
        message(said("Hello"), usage=INPUT | {"cache_read_input_tokens": 90, "service_tier": "standard"}),
        text="Hello",
        usage=Usage(99, 90, 2, service_tier="standard"),
    ),
    whole(
        "a failure for a reason",
        COMPLETIONS,
        completion({"content": "Hello"}, "error"),
        text="Hello",
        end=Fails("api_error"),
        usage=USAGE,
    ),
    whole(
        "a failure for a reason",
        MESSAGES,
        message(said("Hello"), "error"),
        text="Hello",
        end=Fails("api_error"),
        usage=USAGE,
    ),
    Case(
        "printed over many lines, after blanks",
        COMPLETIONS,
        b"\xef\xbb\xbf\r\n " + json.dumps(completion({"content": "Hello"}), indent=2).encode() + b"\n",
        text="Hello",
        usage=USAGE,
    ),
    Case(
        "printed over many lines, after blanks",
        MESSAGES,
        b"\r\n " + json.dumps(message(said("Hello")), indent=2).encode() + b"\n",
        text="Hello",
        usage=USAGE,
    ),
    Case("in one event", COMPLETIONS, event(completion({"content": "Hello"})) + DONE, text="Hello", usage=USAGE),
    Case("in one event", MESSAGES, event(message(said("Hello"))), text="Hello", usage=USAGE),
    Case(
        "in one event with a name",
        MESSAGES,
        typed(**{"kind": "message"}, **{k: v for k, v in message(said("Hello")).items() if k != "type"}) + STOP,
        text="Hello",
        usage=USAGE,
    ),
    Case(
        "told again in the last event",
        COMPLETIONS,
        c(content="Hel") + c(content="lo") + event(completion({"content": "Hello"})) + DONE,
        text="Hello",
        usage=USAGE,
    ),
    Case(
        "told on each chunk beside its delta",
        COMPLETIONS,
        b"".join(
            event({"choices": [{"delta": {"content": piece}, "message": {"content": so_far}, "finish_reason": None}]})
            for piece, so_far in (("Hel", "Hel"), ("lo", "Hello"))
        )
        + f()
        + DONE,
        text="Hello",
    ),
    # What is no answer.
    whole(
        "an error",
        COMPLETIONS,
        {"error": {"message": "the engine died", "type": "server_error"}},
        end=Fails("api_error", "the engine died"),
    ),
    whole(
        "an error",
        MESSAGES,
        {"type": "error", "error": {"type": "api_error", "message": "the engine died"}},
        end=Fails("api_error", "the engine died"),
    ),
    whole(
        "base_resp without an answer",
        COMPLETIONS,
        {"choices": None, "base_resp": {"status_code": 1002, "status_msg": "x"}},
        end=Fails("rate_limit"),
    ),
    whole(
        "base_resp without an answer",
        MESSAGES,
        {"base_resp": {"status_code": 1002, "status_msg": "x"}},
        end=Fails("rate_limit"),
    ),
    whole("words alone", COMPLETIONS, {"message": "the engine died"}, end=Fails("api_error", "the engine died")),
    whole(
        "a list around an error",
        COMPLETIONS,
        [{"error": {"code": 429, "message": "slow down"}}],
        end=Fails("rate_limit"),
    ),
    whole(
        "a list around an error", MESSAGES, [{"error": {"code": 429, "message": "slow down"}}], end=Fails("rate_limit")
    ),
    whole(
        "no choices", COMPLETIONS, completion({}) | {"choices": []}, end=Fails("api_error", "JSON instead of a stream")
    ),
    whole("nothing in it", COMPLETIONS, {}, end=Fails("api_error", "JSON instead of a stream")),
    whole("nothing in it", MESSAGES, {}, end=Fails("api_error", "JSON instead of a stream")),
    Case("a web page", COMPLETIONS, b"<!doctype html><title>Welcome</title>", end=Fails("api_error", "web page")),
    Case("a web page", MESSAGES, b"<!doctype html><title>Welcome</title>", end=Fails("api_error", "web page")),
    Case(
        "JSON that is cut",
        COMPLETIONS,
        json.dumps(completion({"content": "Hello"})).encode()[:60],
        end=Fails("api_error"),
    ),
    Case("JSON that is cut", MESSAGES, json.dumps(message(said("Hello"))).encode()[:60], end=Fails("api_error")),
]
