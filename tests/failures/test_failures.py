"""Whatever goes wrong upstream, in either format: the right end, the right stored state, the right number of requests.

Every row of the table is put to one running site at once, so that all of them take as long as the slowest.
"""

import socket
from dataclasses import dataclass
from typing import Final

import pytest

from tests.failures.table import ELSEWHERE, FIRST_TOKEN_SECONDS, HURRY_SECONDS, IDLE_SECONDS, KEY, ROWS
from tests.failures.trial import Seen, Trial, model_name, run, texts_of, words_of
from tests.harness.certificate import untrusted_server
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text

TRIALS: Final = [Trial(number, kind, row) for kind, rows in ROWS.items() for number, row in enumerate(rows)]
CONTINUE: Final = "Continue exactly where you left off."
REGULAR: Final = ("stop", "length", "content_filter", "tool_calls", "other")
every_trial = pytest.mark.parametrize("trial", TRIALS, ids=str)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of all trials, by their names; `secrets` is what nobody may be told, `heard` what a stranger was."""

    seen: dict[str, Seen]
    secrets: tuple[str, ...]
    output: str
    heard: list[bytes]
    elsewhere: list[str]


@pytest.fixture(scope="module")
def outcome(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    environment = {
        "OPENAI_BASE_URL": upstream.base_url,
        "OPENAI_API_KEY": KEY,
        "ANTHROPIC_BASE_URL": upstream.anthropic_url,
        "ANTHROPIC_API_KEY": KEY,
        "CHAT_MAX_RETRIES": "1",
        "CHAT_MAX_CONTINUATIONS": "1",
        "CHAT_IDLE_TIMEOUT": str(IDLE_SECONDS),
        "CHAT_FIRST_TOKEN_TIMEOUT": str(FIRST_TOKEN_SECONDS),
        "CHAT_MAX_STREAMS_PER_USER": "0",
    }
    directory = tmp_path_factory.mktemp("failures")
    with (
        untrusted_server(directory) as (untrusted, heard),
        socket.socket() as silent,
        Site(directory / "data", environment) as site,
    ):
        silent.bind(("127.0.0.1", 0))
        addresses = {
            "": "",
            "nobody listens": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "no such name": "http://nobody.invalid",
            "untrusted certificate": untrusted,
        }
        site.shell(*(line for kind in ROWS for at, url in addresses.items() for line in add_model(kind, at, url)))
        # When the site starts again it looks for its models in the upstream's list.
        for kind in ROWS:
            upstream.script(kind)
        seen = run(site, upstream, [trial for trial in TRIALS if not trial.row.in_a_hurry])
        site.stop()
        site.environment["CHAT_TOTAL_TIMEOUT"] = str(HURRY_SECONDS)
        site.start()
        seen |= run(site, upstream, [trial for trial in TRIALS if trial.row.in_a_hurry])
    elsewhere = [record.path for record in upstream.log() if record.path.startswith(ELSEWHERE)]
    hosts = [upstream.url, *addresses.values(), "10.9.8.7"]
    secrets = (KEY, *(host.rpartition("/")[2] for host in hosts if host))
    return Outcome(seen, secrets, "".join(site.output), heard, elsewhere)


def add_model(kind: str, at: str, url: str) -> list[str]:
    """Return Python for the site's shell that adds a model; without `url` at the provider of the environment."""
    variable = f"{kind.upper()}_API_KEY"
    provider = f"Provider.objects.get(name={kind!r})"
    if url:
        name = f"{kind}-{at.replace(' ', '-')}"
        provider = (
            f"Provider.objects.create(name={name!r}, kind={kind!r}, base_url={url!r}, api_key_variable={variable!r})"
        )
    return [f"ChatModel.objects.create(name={model_name(kind, at)!r}, upstream_name={kind!r}, provider={provider})"]


@pytest.fixture
def seen(trial: Trial, outcome: Outcome) -> Seen:
    return outcome.seen[str(trial)]


@every_trial
def test_the_stream_ends_as_the_table_says_and_the_message_is_stored_so(trial: Trial, seen: Seen) -> None:
    row, last, message = trial.row, seen.events[-1], seen.message
    assert seen.events[0]["type"] == "start"
    assert [event["type"] for event in seen.events if event["type"] in ("done", "error")] == [last["type"]]
    assert seen.again[-1] == last
    assert message["status"] == row.status
    if row.retryable is None:
        assert last["finish_reason"] == row.ended
        assert (message["finish_reason"], message["error"]) == (row.ended, None)
    else:
        error = {"type": row.ended, "message": last["message"], "retryable": row.retryable}
        assert (last["error_type"], last["retryable"]) == (row.ended, row.retryable)
        assert (message["finish_reason"], message["error"]) == (None, error)
        assert row.says in last["message"]


@every_trial
def test_no_word_is_missing_and_none_is_said_twice(trial: Trial, seen: Seen) -> None:
    streamed, *others = texts_of(seen)
    assert others == [streamed, streamed]
    if trial.row.text is None:
        assert streamed
        assert default_text(500).startswith(streamed)
    else:
        assert streamed == trial.row.text
    positions = [position for position, _ in seen.placed]
    assert positions == sorted(positions)
    assert positions[-1] == len(words_of(seen))


@every_trial
def test_the_upstream_is_asked_as_often_as_it_should_be_and_the_reader_hears_of_it(trial: Trial, seen: Seen) -> None:
    row, requests = trial.row, list(seen.requests)
    assert len(requests) == len(row.attempts)
    assert all(request.ended != "open" for request in requests)
    news = [event for event in seen.events if event["type"] == "status"]
    # What could not be read is told of the answer, and of no attempt.
    assert any(event["attempt"] == 0 for event in news) == ("malformed at 4" in row.name)
    told = [event for event in news if event["attempt"]]
    assert ["continue" if event["retry_in"] is None else "retry" for event in told] == list(row.news)
    assert [event["attempt"] for event in told] == list(range(2, len(told) + 2))
    assert row.waits is None or told[0]["retry_in"] == row.waits
    if "continue" in row.news:
        partial, ask = requests.pop().body["messages"][-2:]
        assert partial["role"] == "assistant"
        assert seen.message["content"].startswith(partial["content"])
        assert ask == {"role": "user", "content": CONTINUE}
    assert all(len(request.body["messages"]) == 1 for request in requests)


@every_trial
def test_every_request_that_arrived_is_one_row_of_the_ledger(trial: Trial, seen: Seen) -> None:
    assert tuple(row["error_type"] or row["finish_reason"] for row in seen.usage) == trial.row.attempts
    assert len({row["attempt"] for row in seen.usage}) == len(seen.usage)
    for row in seen.usage:
        # Who says that it gave up may count all the same.
        was_counted = row["finish_reason"] in REGULAR or "abort" in trial.row.name
        assert row["source"] == ("provider" if was_counted else "estimated")


@every_trial
def test_no_secret_is_told(trial: Trial, seen: Seen, outcome: Outcome) -> None:
    told = str((seen.placed, seen.again, seen.message))
    assert [secret for secret in outcome.secrets if secret in told] == []


def test_no_secret_is_in_the_output(outcome: Outcome) -> None:
    assert [secret for secret in outcome.secrets if secret in outcome.output] == []
    assert "Traceback" not in outcome.output


def test_no_stranger_gets_a_prompt(outcome: Outcome) -> None:
    assert outcome.heard == []
    assert outcome.elsewhere == []


def test_events_that_could_not_be_read_are_counted(outcome: Outcome) -> None:
    skipped = [line for line in outcome.output.splitlines() if "malformed" in line]
    assert len(skipped) == sum("malformed" in str(trial) for trial in TRIALS)
