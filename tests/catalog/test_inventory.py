"""The providers' lists of models: names of any length, none yet, and a provider that comes later."""

import json
import socket
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from chat.catalog import inventory
from chat.errors import ChatError
from chat.models import ChatModel, Provider
from chat.providers.base import ModelFacts
from tests.harness import patience
from tests.harness.site import Site
from tests.harness.stream import events, one
from tests.harness.upstream.process import Upstream

PATH = "/srv/models/hub/models--acme--Wonder-72B-Instruct-GGUF/snapshots/" + "0123456789abcdef" * 4 + "/wonder-72b.gguf"


def a_list(*names: str) -> str:
    return json.dumps({"object": "list", "data": [{"id": name} for name in names]})


def until_said(site: Site, words: str) -> None:
    deadline = time.monotonic() + patience.SECONDS
    while words not in "".join(site.output):
        assert time.monotonic() < deadline, site.output
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gpt-4o", "gpt-4o"),
        ("a" * 100, "a" * 100),
        (PATH, "snapshots/" + "0123456789abcdef" * 4 + "/wonder-72b.gguf"),
        ("/" + "a" * 150, "a" * 100),
        ("x/" * 60 + "y" * 90 + "/", "x/x/x/x/" + "y" * 90),
        ("/" * 150, ""),
    ],
)
def test_of_a_long_name_its_end_is_shown(name: str, expected: str) -> None:
    found = inventory.shown(name)
    assert found == (expected or found)
    assert 0 < len(found) <= inventory.LONGEST_NAME


@pytest.mark.django_db
def test_long_names_stay_apart_and_what_cannot_be_a_name_is_told(caplog: pytest.LogCaptureFixture) -> None:
    provider = Provider.objects.create(name="cellar")
    end = "/" + "z" * 99
    names = ["/a/" + "b" * 200 + end, "/c/" + "d" * 200 + end, "/e/" + "f" * 200 + end, "g" * 1000]
    inventory._store(provider, [ModelFacts(name) for name in (*names, "h" * 1001, "ö" * 1000 + "é", "line\nbreak", "")])
    rows = ChatModel.objects.order_by("position")
    assert [row.upstream_name for row in rows] == names
    assert [row.name for row in rows] == ["z" * 99, f"cellar/{'z' * 99}", f"cellar/{'z' * 99} (2)", "g" * 100]
    assert "cellar: 4 models have names that cannot be used" in caplog.text
    # They are known by their whole names.
    inventory._store(provider, [ModelFacts(name) for name in names])
    assert rows.count() == 4
    for row in rows:
        row.full_clean()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("result", "said", "is_missing"),
    [
        ([ModelFacts("m")], "", False),
        ([], "It has no models yet.", True),
        (ChatError("network_error", "Nobody there."), "Nobody there.", True),
        (ChatError("api_error", "Busy."), "Busy.", True),
        # Asking again does not change what the key is, or the address.
        (ChatError("authentication", "Wrong key."), "Wrong key.", False),
        (ChatError("api_error", "No such address.", retryable=False), "No such address.", False),
    ],
)
def test_what_may_still_come_is_looked_for_again(
    result: list[ModelFacts] | ChatError, said: str, is_missing: bool
) -> None:
    provider = Provider.objects.create(name="cellar", base_url="http://127.0.0.1:9/v1")
    assert said in inventory._keep(provider, result)
    now = timezone.now()
    provider.refresh_from_db()
    assert said in provider.list_problem
    assert (provider.look_again_at is not None) is is_missing
    assert inventory._claim(now) == []
    later = now + inventory.AGAIN + timedelta(seconds=1)
    # By one process at a time.
    assert [inventory._claim(later), inventory._claim(later)] == [[provider] if is_missing else [], []]


def test_a_path_as_a_name_is_kept_whole_and_asked_by_it(tmp_path: Path) -> None:
    with Upstream() as upstream:
        upstream.script("/v1/models", body=a_list(PATH))
        with Site(tmp_path, {"OPENAI_BASE_URL": upstream.base_url}) as site, site.client() as client:
            shown = inventory.shown(PATH)
            site.until_listed(shown)
            received = events(client, message="Who are you?", model=shown)
            assert one(received, "start")["model"] == shown
            assert one(received, "done")["finish_reason"] == "stop"
            assert [record.model for record in upstream.log() if record.model] == [PATH]


def test_a_provider_that_comes_later_is_found_by_itself(tmp_path: Path) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    with Site(tmp_path, {"OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1"}, workers=2) as site, site.client() as client:
        assert [model["name"] for model in client.get("/api/models").json()["models"]] == ["demo"]
        until_said(site, "openai: The list of models could not be read. The provider cannot be reached.")
        with Upstream("--port", str(port)) as upstream:
            site.until_listed("gpt-4o")
            # It is there now, and nobody looks for it any more.
            assert site.shell("print(Provider.objects.get(name='openai').look_again_at)").strip() == "None"
            assert [record.path for record in upstream.log()].count("/v1/models") == 1
        until_said(site, "openai: its models are there now.")


def test_a_provider_without_models_has_none_yet(tmp_path: Path) -> None:
    with Upstream() as upstream:
        upstream.script("/v1/models", body='{"object": "list", "data": null}')
        with Site(tmp_path, {"OPENAI_BASE_URL": upstream.base_url}) as site, site.client() as client:
            assert [model["name"] for model in client.get("/api/models").json()["models"]] == ["demo"]
            until_said(site, "openai: It has no models yet. They appear here by themselves once it has.")
            upstream.script("/v1/models", body=a_list("loaded-now"))
            site.until_listed("loaded-now")
        # Said once, however often it was looked for.
        assert "".join(site.output).count("no models yet") == 1
