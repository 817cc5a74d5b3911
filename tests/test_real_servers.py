"""What real servers send, through the whole site: streamed, followed again, stored, and asked for as JSON."""

import json
from typing import Any, Final

import httpx2
import pytest

from tests.harness.site import Site
from tests.harness.stream import Event, events, one, parse, text_of
from tests.harness.upstream.process import Upstream
from tests.providers import completion
from tests.providers.completion import DONE, delta, event, finish

MODEL: Final = "gpt-4o-mini"


def asked(client: httpx2.Client, upstream: Upstream, prompt: str, *parts: bytes, **knobs: Any) -> list[Event]:
    upstream.script_prompt(prompt, raw=list(parts), **knobs)
    return events(client, message=prompt, model=MODEL)


def stored(client: httpx2.Client, received: list[Event]) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/conversations/{received[0]['conversation_id']}").json()["messages"][-1]
    return found


def thoughts_of(received: list[Event]) -> str:
    return "".join(event["content"] for event in received if event["type"] == "reasoning")


def shown(received: list[Event]) -> tuple[str, str]:
    """Return the thoughts and the text that a page shows after these events."""
    thoughts = text = ""
    for each in received:
        match each["type"]:
            case "reasoning":
                thoughts += each["content"]
            case "token":
                text += each["content"]
            case "reclassified":
                thoughts, text = thoughts + text, ""
    return thoughts, text


def followed(client: httpx2.Client, received: list[Event], after: int) -> list[Event]:
    answer = client.get(f"/api/generations/{received[0]['generation_id']}/stream?after={after}")
    return [event for _, event in parse(iter(answer.text.splitlines()))]


def test_a_reason_on_every_chunk_ends_nothing(alice: httpx2.Client, upstream: Upstream) -> None:
    words = [
        event({"choices": [{"delta": {"content": f"word{number} "}, "finish_reason": "stop"}]}) for number in range(12)
    ]
    received = asked(alice, upstream, "stop, stop, stop", *words, DONE, delay=0.8)
    assert text_of(received) == "".join(f"word{number} " for number in range(12))
    assert one(received, "done")["finish_reason"] == "stop"


def test_thoughts_in_the_text_are_thoughts_everywhere(alice: httpx2.Client, upstream: Upstream) -> None:
    parts = [delta(content=part) for part in ("<thi", "nk>Hm.\nSo", "</thi", "nk>\n\nIt is ", "so.")]
    received = asked(alice, upstream, "think in tags", *parts, finish(), DONE)
    assert (thoughts_of(received), text_of(received)) == ("Hm.\nSo", "It is so.")
    message = stored(alice, received)
    assert (message["reasoning"], message["content"]) == ("Hm.\nSo", "It is so.")
    whole = alice.post("/api/chat", json={"message": "think in tags", "model": MODEL}).json()
    assert whole["content"] == "It is so."
    found = alice.get("/api/conversations", params={"q": "think>Hm"}).json()
    assert "think>" not in json.dumps(found["conversations"])


def test_a_closing_tag_alone_makes_thoughts_of_what_came_before(
    site: Site, alice: httpx2.Client, upstream: Upstream
) -> None:
    provider = "Provider.objects.get(name='openai')"
    site.shell(f"ChatModel.objects.create(name='unopened', upstream_name='unopened', provider={provider})")
    parts = [delta(content=part) for part in ("Hm. ", "So it", " is.\n</think>", "\n\nYes", ", it is.")]
    upstream.script("unopened", raw=[*parts, finish() + DONE], delay=0.05)
    received = events(alice, message="Is it?", model="unopened")
    assert one(received, "reclassified") == {"type": "reclassified"}
    expected = ("Hm. So it is.\n", "Yes, it is.")
    assert shown(received) == expected
    message = stored(alice, received)
    assert (message["reasoning"], message["content"]) == expected
    # Whoever has seen the first so many characters as text, and follows from there, sees the same in the end.
    for after in range(len("".join(expected)) + 1):
        seen: list[Event] = [{"type": "token", "content": "".join(expected)[:after]}]
        if after > len(expected[0]):
            seen = [{"type": "reasoning", "content": expected[0]}]
            seen.append({"type": "token", "content": expected[1][: after - len(expected[0])]})
        assert shown([*seen, *followed(alice, received, after)]) == expected
    # From now on that is known beforehand.
    again = events(alice, message="Is it, again?", model="unopened")
    assert (thoughts_of(again), text_of(again)) == ("Hm. So it is.", "Yes, it is.")
    assert "reclassified" not in {each["type"] for each in again}
    whole = alice.post("/api/chat", json={"message": "Once more.", "model": "unopened"})
    assert whole.json()["content"] == "Yes, it is."


def test_an_answer_that_was_taken_for_a_thought_is_an_answer_all_the_same(
    site: Site, alice: httpx2.Client, upstream: Upstream
) -> None:
    provider = "Provider.objects.get(name='openai')"
    site.shell(f"ChatModel.objects.create(name='unopened-once', upstream_name='unopened-once', provider={provider})")
    upstream.script("unopened-once", raw=[delta(content="So it is.\n</think>Yes.") + finish() + DONE])
    assert shown(events(alice, message="Is it?", model="unopened-once")) == ("So it is.\n", "Yes.")
    upstream.script(
        "unopened-once",
        raw=[
            delta(content="No "),
            delta(
                content="thought ",
            ),
            delta(content="here. ") + finish() + DONE,
        ],
    )
    received = events(alice, message="And this?", model="unopened-once")
    assert text_of(received) == stored(alice, received)["content"] == "No thought here."
    followed_up = {
        "message": "And then?",
        "model": "unopened-once",
        "conversation_id": one(received, "start")["conversation_id"],
    }
    again = events(alice, **followed_up)
    assert (thoughts_of(again), text_of(again)) == ("", "No thought here. ")
    said = [each["content"] for each in upstream.log("unopened-once")[-1].body["messages"]]
    assert said == ["And this?", "No thought here.", "And then?"]


def test_an_end_without_a_reason_says_so_until_it_is_a_habit(
    site: Site, alice: httpx2.Client, upstream: Upstream
) -> None:
    provider = "Provider.objects.get(name='openai')"
    site.shell(f"ChatModel.objects.create(name='curt', upstream_name='curt', provider={provider})")
    upstream.script("curt", raw=[delta(content="Yes.") + DONE])
    ends = []
    for number in range(4):
        received = events(alice, message=f"Well? {number}", model="curt")
        message, done = stored(alice, received), one(received, "done")
        assert (message["finish_reason"], message["finish_detail"]) == (done["finish_reason"], done["finish_detail"])
        ends.append((done["finish_reason"], done["finish_detail"]))
    assert ends == [("other", "none")] * 3 + [("stop", None)]


def test_a_word_on_no_list_is_told(alice: httpx2.Client, upstream: Upstream) -> None:
    received = asked(alice, upstream, "end with a word", delta(content="Yes."), finish("xyz"), DONE)
    assert (one(received, "done")["finish_reason"], one(received, "done")["finish_detail"]) == ("other", "xyz")
    whole = alice.post("/api/chat", json={"message": "end with a word", "model": MODEL}).json()
    assert (whole["finish_reason"], whole["finish_detail"], whole["content"]) == ("other", "xyz", "Yes.")


def test_a_word_and_an_error_that_no_database_takes_lose_no_answer(alice: httpx2.Client, upstream: Upstream) -> None:
    odd = b'data: {"choices":[{"delta":{},"finish_reason":"od\\ud83cd\\u0000"}]}\n\n'
    received = asked(alice, upstream, "end with half a word", delta(content="Yes."), odd, DONE)
    assert one(received, "done")["finish_detail"] == "od\ufffdd\ufffd"
    assert (stored(alice, received)["content"], stored(alice, received)["finish_detail"]) == (
        "Yes.",
        "od\ufffdd\ufffd",
    )
    fault = b'data: {"error":{"type":"invalid_request_error","message":"No \\ud83c."}}\n\n'
    received = asked(alice, upstream, "fail with half a word", delta(content="Yes."), fault, DONE)
    assert "No \ufffd." in one(received, "error")["message"]
    assert stored(alice, received)["content"] == "Yes."


def test_halves_of_characters_are_joined(alice: httpx2.Client, upstream: Upstream) -> None:
    halves = [b'data: {"choices":[{"delta":{"content":"Party \\ud83c"}}]}\n\n']
    halves += [b'data: {"choices":[{"delta":{"content":"\\udf89 time \\ud83c"}}]}\n\n']
    received = asked(alice, upstream, "half a party", *halves, finish(), DONE)
    assert text_of(received) == stored(alice, received)["content"] == "Party 🎉 time \ufffd"
    assert len([each for each in upstream.log(MODEL) if "half a party" in json.dumps(each.body)]) == 1


def test_a_piece_that_cannot_be_read_is_told_and_stays_so(alice: httpx2.Client, upstream: Upstream) -> None:
    parts = [delta(content="One"), b'data: {"choices": [{"delta": {"con\n\n', delta(content=" three."), finish(), DONE]
    received = asked(alice, upstream, "a piece that is missing", *parts)
    (note,) = [each for each in received if each["type"] == "status"]
    assert (note["attempt"], "could not be read" in note["message"]) == (0, True)
    assert stored(alice, received)["notes"] == [note["message"]]


@pytest.mark.parametrize("pretty", [None, 2])
def test_a_whole_answer_to_a_streamed_question_is_the_answer(
    alice: httpx2.Client, upstream: Upstream, pretty: int | None
) -> None:
    message = {"role": "assistant", "content": "<think>Hm.</think>\n\n" + "All at once. " * 20_000}
    answer = {"object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    body = json.dumps(answer | {"usage": completion.usage()}, indent=pretty)
    prompt = f"all at once {pretty}"
    upstream.script_prompt(prompt, body=body)
    received = events(alice, message=prompt, model=MODEL)
    assert (thoughts_of(received), text_of(received)) == ("Hm.", "All at once. " * 20_000)
    usage = one(received, "usage")
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["source"]) == (9, 2, "provider")
    assert len([each for each in upstream.log(MODEL) if prompt in json.dumps(each.body)]) == 1


def test_only_thoughts_are_an_answer_and_not_asked_for_again(alice: httpx2.Client, upstream: Upstream) -> None:
    received = asked(alice, upstream, "thoughts and no answer", delta(content="<think>Hm."), finish(), DONE)
    assert (thoughts_of(received), text_of(received)) == ("Hm.", "")
    assert one(received, "done")["finish_reason"] == "stop"
    assert stored(alice, received)["status"] == "complete"
    assert len([each for each in upstream.log(MODEL) if "thoughts and no answer" in json.dumps(each.body)]) == 1
