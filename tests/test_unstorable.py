"""What PostgreSQL does not take, NUL above all: it costs itself, and nobody's answer."""

from pathlib import Path

from tests.harness.site import Site
from tests.harness.stream import events
from tests.harness.upstream.process import Upstream
from tests.providers.completion import DONE, delta, finish

MODEL = "gpt-4o-mini"


def test_a_thought_and_a_call_that_it_does_not_take_hold_nobodys_answer_up(
    postgres_url: str, upstream: Upstream, tmp_path: Path
) -> None:
    environment = {
        "DATABASE_URL": postgres_url,
        "OPENAI_BASE_URL": upstream.base_url,
        "SECRET_KEY": "only-for-this-test-" + "x" * 40,
    }
    call = {"index": 0, "id": "a\0", "function": {"name": "b\0", "arguments": '{"c": "\0"}'}}
    parts = [delta(reasoning_content="Hm.\0"), delta(content="<think>no\0"), delta(tool_calls=[call])]
    upstream.script_prompt("with NUL", raw=[*parts, finish("tool_calls") + DONE], delay=0.6)
    with Site(tmp_path, environment) as site, site.client("alice") as alice:
        site.until_listed(MODEL)
        received = events(alice, message="with NUL", model=MODEL)
        kept = alice.get(f"/api/conversations/{received[0]['conversation_id']}").json()["messages"][-1]
    assert "could not be written" not in "".join(site.output)
    assert (kept["reasoning"], kept["content"]) == ("Hm.\ufffd", "<think>no\ufffd")
    assert kept["tool_calls"] == [{"index": 0, "id": "a\ufffd", "name": "b\ufffd", "arguments": '{"c": "\ufffd"}'}]
