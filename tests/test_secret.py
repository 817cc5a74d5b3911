"""With a secret key that somebody could guess nothing starts."""

import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from chatsite.configuration.secret_key import weakness
from tests.harness.site import ROOT, Site

WEAK = [
    "Tr0ub4dor&3",
    "x" * 60,
    "abcabc" * 10,
    "django-insecure-Zk3vQm8yTn1wXr5bLc7dPf9hJg2sKe4uAo6iNzYxWvUtSrQp",
    "changeme-changeme-changeme-changeme-0123",
    "your-secret-key-here-please-make-it-long",
    "please_change_me_before_you_go_to_production",
]


@pytest.mark.parametrize("key", WEAK)
def test_a_weak_key_is_told_in_words_and_never_repeated(key: str) -> None:
    said = weakness(key)
    assert said
    assert key not in said


def test_random_keys_pass_in_every_usual_form() -> None:
    for make in (secrets.token_urlsafe, secrets.token_hex):
        assert [key for key in (make(32) for _ in range(500)) if weakness(key)] == []


@pytest.mark.parametrize("command", [("manage.py", "serve", "--port", "0"), ("manage.py", "migrate")])
@pytest.mark.parametrize("key", [WEAK[0], WEAK[3]])
def test_a_weak_key_refuses_the_start(tmp_path: Path, key: str, command: tuple[str, ...]) -> None:
    with pytest.raises(AssertionError, match="SECRET_KEY") as refused:
        Site(tmp_path, {"SECRET_KEY": key}, people=False).manage(*command[1:])
    assert "chat.E001" in str(refused.value)
    assert "token_urlsafe" in str(refused.value)
    assert key not in str(refused.value).split("SystemCheckError")[1]


@pytest.mark.parametrize("token", ["prometheus", WEAK[4]])
def test_a_weak_token_for_the_metrics_is_warned_of(tmp_path: Path, token: str) -> None:
    with Site(tmp_path, {"CHAT_METRICS_TOKEN": token}, people=False) as site:
        told = "".join(site.output)
        assert "chat.W005" in told
        assert token not in told


def test_so_does_a_weak_file_and_another_server_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("changeme" * 8)
    site = Site(tmp_path, people=False)
    with pytest.raises(AssertionError, match="secret_key in the data directory"):
        site.manage("check")
    done = subprocess.run(
        [sys.executable, "-c", "import chatsite.asgi"],
        cwd=ROOT,
        env=site.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode
    assert "secret_key in the data directory" in done.stderr


@pytest.mark.parametrize("document", ["README.md", "deploy/env.example", "deploy/compose.yaml", "docs/operations.md"])
def test_no_document_of_ours_gives_a_key_that_works(document: str) -> None:
    words = (ROOT / document).read_text(encoding="utf-8").split()
    given = [word.partition("=")[2] for word in words if word.startswith(("SECRET_KEY=", "CHAT_METRICS_TOKEN="))]
    assert [key for key in given if not weakness(key)] == []
