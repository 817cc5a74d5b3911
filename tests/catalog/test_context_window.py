"""What a local server says its window is holds: its history is trimmed, and what it refuses is sent shorter."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.harness.site import Site
from tests.harness.stream import Event, events, one
from tests.harness.upstream.process import Upstream

LISTED, REFUSING, SILENT = "tells-in-its-list", "tells-when-it-refuses", "never-tells"
HELD = "tells-those-with-a-budget"
# Of a streamed question that is too long it says nothing at all.
MUTE = "tells-only-whole"
N_CTX = 1024
WORDS = "plain words of a longer message that says little, " * 8


@pytest.fixture(scope="module")
def local() -> Iterator[Upstream]:
    """A server as llama.cpp's: some thousand tokens, and a refusal for more."""
    with Upstream() as running:
        for model in (LISTED, REFUSING, SILENT, HELD):
            running.script(model, n_ctx=N_CTX, tells_window=model != SILENT, usage="last")
        running.script(MUTE, n_ctx=N_CTX, refuses_silently=True, usage="last")
        meta = {"n_ctx": N_CTX, "n_ctx_train": 131072}
        named: list[dict[str, Any]] = [{"id": model} for model in (REFUSING, MUTE, HELD, SILENT)]
        listed: list[dict[str, Any]] = [{"id": LISTED, "meta": meta}, *named]
        running.script("/v1/models", body=json.dumps({"object": "list", "data": listed}))
        yield running


@pytest.fixture(scope="module")
def site(local: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    environment = {"OPENAI_BASE_URL": local.base_url, "CHAT_MAX_RETRIES": "1"}
    with Site(tmp_path_factory.mktemp("told") / "data", environment) as running:
        running.until_listed(SILENT)
        yield running


@pytest.fixture
def alice(site: Site) -> Iterator[httpx2.Client]:
    with site.client() as client:
        yield client


def window(site: Site, model: str) -> list[str]:
    row = f"ChatModel.objects.get(name={model!r})"
    return site.shell(f"print({row}.context_window, {row}.context_window_origin)").split()


def talk(client: httpx2.Client, model: str, turns: int) -> list[list[Event]]:
    """Ask so often, in one conversation; none of it fails."""
    said: list[list[Event]] = []
    more: dict[str, Any] = {}
    for number in range(turns):
        received = events(client, message=f"{number} {WORDS}", model=model, **more)
        assert one(received, "done")["finish_reason"] == "stop"
        more = {"conversation_id": one(received, "start")["conversation_id"]}
        said.append(received)
    return said


def trimmed(received: list[Event]) -> bool:
    told = [event for event in received if event["type"] == "status"]
    assert [event["attempt"] for event in told] in ([], [0])
    return bool(told)


def test_what_the_list_says_is_heeded_and_nothing_is_refused(site: Site, local: Upstream, alice: httpx2.Client) -> None:
    assert window(site, LISTED) == [str(N_CTX), "server"]
    assert trimmed(talk(alice, LISTED, 16)[-1])
    assert len(local.log(LISTED)) == 16


def test_a_refusal_is_answered_by_sending_less_and_what_it_told_is_remembered(
    site: Site, local: Upstream, alice: httpx2.Client
) -> None:
    said = talk(alice, REFUSING, 16)
    assert trimmed(said[-1])
    assert window(site, REFUSING) == [str(N_CTX), "server"]
    # One of them was refused; from then on its answers are asked for as they are taken.
    assert len(local.log(REFUSING)) == 17
    conversation = one(said[0], "start")["conversation_id"]
    marks = [
        message["is_trimmed"]
        for message in alice.get(f"/api/conversations/{conversation}").json()["messages"]
        if message["role"] == "assistant"
    ]
    assert marks == [trimmed(received) for received in said]
    assert marks == sorted(marks)


def test_without_a_number_half_is_sent(site: Site, local: Upstream, alice: httpx2.Client) -> None:
    said = talk(alice, SILENT, 20)
    assert trimmed(said[-1])
    assert window(site, SILENT) == ["None"]


def test_a_stream_without_an_event_is_asked_for_whole_which_says_why(
    site: Site, local: Upstream, alice: httpx2.Client
) -> None:
    said = talk(alice, MUTE, 16)
    told = [[event["message"] for event in received if event["type"] == "status"] for received in said]
    first = next(each for each in told if each)
    assert first[0].startswith("The provider sent an empty answer.")
    # From then on its history is trimmed before it is asked.
    assert told[-1] == first[1:]
    assert window(site, MUTE) == [str(N_CTX), "server"]
    asked = [record.body for record in local.log(MUTE)]
    # Once nothing, once the reason, and then what fits, word by word again.
    assert [body["stream"] for body in asked].count(False) == 1
    assert len(asked) == 18
    assert not any("stream_options" in body for body in asked if not body["stream"])
    rows = site.shell(
        f"print(*UsageRecord.objects.filter(model={MUTE!r}).order_by('id').values_list('error_type', flat=True))"
    )
    assert rows.split() == ["api_error", "context_length"]


def test_a_hard_budget_holds_for_what_is_sent_again(site: Site, local: Upstream) -> None:
    mine = "Budget.objects.get(user__username='charlie')"
    site.shell(
        "who = User.objects.get(username='charlie')",
        "Budget.objects.create(scope='user', user=who, unit='tokens', amount=10**7, hard=True)",
    )
    with site.client("charlie") as client:
        said = talk(client, HELD, 16)
    assert trimmed(said[-1])
    assert len(local.log(HELD)) == 17
    taken = sum(one(received, "usage")["total_tokens"] for received in said)
    assert site.shell(f"print({mine}.used, Reservation.objects.count())").split() == [str(taken), "0"]


def test_every_refused_request_is_a_row_of_the_ledger(site: Site) -> None:
    rows = site.shell(
        f"rows = UsageRecord.objects.filter(model={REFUSING!r})",
        "print(rows.count(), *[(row.attempt, row.prompt_tokens) for row in rows.filter(error_type='context_length')])",
    )
    assert rows.split(maxsplit=1)[0] == "17"
    assert "None)" in rows


def test_an_admins_number_stays(site: Site, local: Upstream) -> None:
    mine = "ChatModel.objects.filter(name='tells-in-its-list')"
    site.shell(f"{mine}.update(context_window=4000, context_window_origin='admin')")
    site.manage("syncmodels")
    assert window(site, LISTED) == ["4000", "admin"]
    site.shell(f"{mine}.update(context_window=0, context_window_origin='server')")
    site.manage("syncmodels")
    assert window(site, LISTED) == ["0", "server"]
    # Of what was there before anybody noted where it came from it is found out first.
    site.shell(f"{mine}.update(context_window=5000, context_window_origin='')")
    site.manage("syncmodels")
    assert window(site, LISTED) == ["5000", "admin"]
    site.shell(f"{mine}.update(context_window=None, context_window_origin='')")
    site.manage("syncmodels")
    assert window(site, LISTED) == [str(N_CTX), "server"]


def test_a_window_that_is_smaller_than_what_was_answered_is_wrong(site: Site, alice: httpx2.Client) -> None:
    told = "ChatModel.objects.filter(name='never-tells').update(context_window={}, context_window_origin={!r})"
    site.shell(told.format(1, "server"))
    said = talk(alice, SILENT, 3)
    # The second question was sent alone, and answered.
    assert [trimmed(received) for received in said] == [False, True, False]
    assert window(site, SILENT) == ["None"]
    site.shell(told.format(1, "admin"))
    assert trimmed(talk(alice, SILENT, 3)[-1])
    assert window(site, SILENT) == ["1", "admin"]
