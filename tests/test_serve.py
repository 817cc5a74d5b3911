"""The first start, the first admin, and the commands of an operator."""

import hashlib
import re
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from tests.harness.people import redeem_at_once
from tests.harness.site import ROOT, Site, peopled
from tests.harness.stream import events, one, parse, text_of
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text

pytestmark = pytest.mark.usefixtures("fresh_processes")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site that nobody has touched; it is started twice."""
    return Site(tmp_path_factory.mktemp("fresh") / "data", people=False)


def test_a_first_start_makes_everything_and_one_admin(fresh: Site) -> None:
    with fresh as site:
        assert site.setup_url.startswith(f"{site.url}/setup/?token=")
        key_file = site.data_dir / "secret_key"
        assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
        assert len(key_file.read_text()) > 50
        assert (site.data_dir / "db.sqlite3").exists()
        pragma = "connection.cursor().execute('PRAGMA journal_mode').fetchone()[0]"
        assert site.shell("from django.db import connection", f"print({pragma})").strip() == "wal"
        wrong = httpx2.get(f"{site.url}/setup/?token=wrong", trust_env=False)
        assert wrong.status_code == 403

        made, *refused = redeem_at_once(site.setup_url, 30)
        # Only a few are let in at once.
        assert (made, len(refused), set(refused) | {404, 429}) == (302, 29, {404, 429})
        counted = site.shell("print(User.objects.count(), User.objects.get().is_superuser)")
        assert counted.split() == ["1", "True"]
        assert httpx2.get(site.setup_url, trust_env=False).status_code == 404


def test_a_second_start_keeps_the_key_and_offers_no_set_up(fresh: Site) -> None:
    key = (fresh.data_dir / "secret_key").read_text()
    fresh.setup_url = ""
    with fresh as site:
        assert site.setup_url == ""
        assert (site.data_dir / "secret_key").read_text() == key


def test_without_a_key_there_is_one_model_and_it_streams(tmp_path: Path) -> None:
    with Site(tmp_path) as site:
        with site.client("alice") as client:
            assert [model["name"] for model in client.get("/api/models").json()["models"]] == ["demo"]
            received = events(client, message="Who are you?")
        assert "OPENAI_API_KEY" in text_of(received)
        assert one(received, "done")["finish_reason"] == "stop"
        assert one(received, "usage")["cost"] == 0


def test_a_key_is_stored_only_as_its_hash(site: Site) -> None:
    printed = site.manage("createapikey", "bob", "--name", "laptop")
    key = printed.split()[-1]
    assert key.startswith("cs-")
    with httpx2.Client(headers={"Authorization": f"Bearer {key}"}, trust_env=False) as client:
        assert client.get(f"{site.url}/api/models").status_code == 200
    # The write-ahead log counts too.
    stored = b"".join(path.read_bytes() for path in site.data_dir.iterdir() if path.is_file())
    assert hashlib.sha256(key.encode()).hexdigest().encode() in stored
    assert key.encode() not in stored


def test_a_revoked_key_opens_nothing(site: Site) -> None:
    key = site.manage("createapikey", "bob", "--name", "lost").split()[-1]
    site.shell("from django.utils.timezone import now", "ApiKey.objects.filter(name='lost').update(revoked_at=now())")
    answer = httpx2.get(f"{site.url}/api/models", headers={"Authorization": f"Bearer {key}"}, trust_env=False)
    assert answer.status_code == 401


def test_an_unreachable_provider_is_a_warning(tmp_path: Path) -> None:
    with Site(tmp_path, {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}) as site:
        with site.client("alice") as client:
            assert client.get("/api/models").json()["models"][0]["name"] == "demo"
        synced = site.manage("syncmodels")
        assert "1 models known" in synced


def test_new_models_appear_with_syncmodels_and_an_admins_choice_stays(upstream: Upstream, tmp_path: Path) -> None:
    with Site(tmp_path, {"OPENAI_BASE_URL": upstream.base_url}) as site:
        site.shell("ChatModel.objects.filter(name='gpt-4o').update(enabled=False)")
        upstream.script("text-embedding-of-this-test")
        upstream.script("brand-new-model")
        site.manage("syncmodels")
        with site.client("alice") as client:
            names = {model["name"] for model in client.get("/api/models").json()["models"]}
    assert "brand-new-model" in names
    assert "gpt-4o" not in names
    assert "text-embedding-of-this-test" not in names


def test_a_stopped_server_keeps_what_was_said(upstream: Upstream, tmp_path: Path) -> None:
    site = Site(tmp_path, {"OPENAI_BASE_URL": upstream.base_url})
    with site:
        upstream.script_prompt("until the server stops", then="hang", after=3)
        body = {"message": "until the server stops", "model": "gpt-4o"}
        with site.client("alice") as client, client.stream("POST", "/api/chat/stream", json=body) as response:
            placed = parse(response.iter_lines())
            start = next(placed)[1]
            assert next(placed)[1]["type"] == "token"
            assert site.stop() == 0
        site.start()
        with site.client("alice") as client:
            conversation = client.get(f"/api/conversations/{start['conversation_id']}").json()
    answer = conversation["messages"][-1]
    assert answer["status"] == "interrupted"
    assert default_text().startswith(answer["content"])
    assert answer["content"]
    assert answer["usage"]["source"] == "estimated"


def test_an_address_in_use_is_said_plainly(site: Site, tmp_path: Path) -> None:
    port = re.sub(r".*:", "", site.url)
    second = Site(tmp_path, people=False)
    with pytest.raises(AssertionError, match=f"127.0.0.1:{port} cannot be used"):
        second.manage("serve", "--port", port)


def test_a_bad_setting_is_named_and_nothing_starts(tmp_path: Path) -> None:
    bad = {
        "CHAT_IDLE_TIMEOUT": "soon",
        "DEBUG": "maybe",
        "CHAT_MAX_BODY_BYTES": "-1",
        "CSRF_TRUSTED_ORIGINS": "chat.example",
    }
    with pytest.raises(AssertionError) as refused:
        Site(tmp_path, bad, people=False).manage("serve", "--port", "0")
    for name in bad:
        assert name in str(refused.value)
    assert "chat.E001" in str(refused.value)


ROWS = """
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4
from django.utils import timezone
model = ChatModel.objects.create(name="old", upstream_name="old", provider=Provider.objects.get_or_create(name="p")[0])
long_ago = timezone.now() - timedelta(days=30)
def priced(amount):
    return Price.objects.create(model=model, input_per_million=amount, output_per_million=amount, valid_from=long_ago)
first, cost = priced(1), Decimal("0.000001")
UsageRecord.objects.bulk_create(
    UsageRecord(created_at=timezone.now() - timedelta(days=number % 9), user_id=1, username="a", provider="p",
        model="old", conversation_id=uuid4(), message_id=uuid4(), generation_id=uuid4(), prompt_tokens=1,
        completion_tokens=1, input_cost=cost, output_cost=cost, cost=2 * cost, currency="USD", price=first,
        source="provider", elapsed_seconds=1) for number in range(2500))
"""
KILLED = """
import os, signal
from chat.usage.rebuild import rebuild
made = rebuild()
for _ in range(7):
    next(made)
os.kill(os.getpid(), signal.SIGKILL)
"""
# Another process writes after the first rows were read.
BESIDE = """
import sqlite3
from itertools import islice
from django.db import connection
from chat.repricing import apply, repriced
priced(2)
changes = repriced(None, None)
some = list(islice(changes, 500))
other = sqlite3.connect(connection.settings_dict["NAME"])
other.execute("UPDATE auth_user SET last_name = 'X'")
other.commit()
apply(some)
apply(list(changes))
print(Correction.objects.count())
"""


def test_a_ledger_is_summed_up_and_repriced_beside_whoever_dies_or_writes(tmp_path: Path) -> None:
    site = Site(tmp_path)
    shutil.copytree(peopled()[0], tmp_path, dirs_exist_ok=True)
    site.shell(ROWS)
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", KILLED]
    assert subprocess.run(command, cwd=ROOT, env=site.environment, check=False).returncode == -signal.SIGKILL
    site.start()
    site.stop()
    assert "They equal the ledger" in site.manage("rebuildtotals", "--check")
    priced = ROWS[ROWS.index("def priced") : ROWS.index("first, cost")]
    model = "model, long_ago = ChatModel.objects.get(name='old'), UsageRecord.objects.earliest('created_at').created_at"
    assert site.shell(model, priced, BESIDE).split() == ["2500"]
    assert "They equal the ledger" in site.manage("rebuildtotals", "--check")


def test_what_few_need_is_not_imported_before_somebody_needs_it(site: Site) -> None:
    late = ("requests", "fido2", "qrcode", "anthropic", "openai", "genai_prices")
    loaded = site.shell(
        "import asyncio, sys",
        "from django.conf import settings",
        "from django.test import AsyncClient",
        "settings.ALLOWED_HOSTS = ['testserver']",
        "answer = asyncio.run(AsyncClient().get('/accounts/login/'))",
        f"print(answer.status_code, *[name for name in {late!r} if name in sys.modules])",
    )
    assert loaded.split() == ["200"]
