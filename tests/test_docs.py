"""The documents say what is so."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[1]
READ_BY_NAME = re.compile(
    r'env\.(?:text|flag|choice|whole_number|seconds|grace|words|origins|url|path|contacts|networks)\("([A-Z_]+)"'
)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_settings_table_names_every_setting_and_no_other() -> None:
    table = text("README.md").split("## Settings")[1].split("\n### ")[0]
    documented = re.findall(r"^\| `([A-Z_]+)` \|", table, flags=re.MULTILINE)
    read = [
        name
        for file in ("settings", "configuration/mail", "configuration/openid")
        for name in READ_BY_NAME.findall(text(f"chatsite/{file}.py"))
    ]
    providers = ["OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"]
    assert all(name in text("chat/catalog/providers.py") for name in providers)
    assert sorted(documented) == sorted([*read, *providers])


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("CHAT_IDLE_TIMEOUT", "60"),
        ("CHAT_FIRST_TOKEN_TIMEOUT", "300"),
        ("CHAT_TOTAL_TIMEOUT", "600"),
        ("CHAT_DISCONNECT_GRACE", "60"),
        ("CHAT_MAX_STREAMS_PER_USER", "10"),
        ("CHAT_MESSAGES_PER_MINUTE", "60"),
        ("CHAT_MAX_FOLLOWERS_PER_USER", "50"),
        ("CHAT_STORED_CHARS_PER_USER", "500000000"),
        ("CHAT_MAX_MESSAGE_CHARS", "100000"),
        ("CHAT_MAX_BODY_BYTES", "2097152"),
    ],
)
def test_the_settings_table_gives_the_defaults_in_force(name: str, default: str) -> None:
    from django.conf import settings

    assert re.search(rf"^\| `{name}` \| `{default}` \|", text("README.md"), flags=re.MULTILINE)
    assert float(default) == getattr(settings, name)


def test_every_make_target_and_command_in_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), flags=re.MULTILINE))
    for document in ("README.md", "CONTRIBUTING.md"):
        assert set(re.findall(r"\bmake ([a-z]+)\b(?=`|\s+#|$)", text(document), flags=re.MULTILINE)) <= targets
        assert set(re.findall(r"manage\.py ([a-z]+)", text(document))) <= set(get_commands())


def test_ci_runs_the_commands_of_the_documents() -> None:
    assert re.findall(r"^make (\w+)$", text(".ci/run"), flags=re.MULTILINE) == ["check", "test"]


@pytest.mark.parametrize("document", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_every_link_and_path_in_a_document_leads_somewhere(document: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", text(document))
    paths = re.findall(r"`((?:chat|chatsite|tests|bench|static|docs|scripts)/[\w./]+\.\w+)`", text(document))
    assert [path for path in links + paths if not (ROOT / path).exists()] == []


def test_every_module_is_named_by_its_room_or_the_architecture() -> None:
    """A room tells its modules in its package's docstring or its README.md; ARCHITECTURE.md tells those of none."""
    overview = text("ARCHITECTURE.md")
    unnamed = []
    for path in (ROOT / "chat").rglob("*.py"):
        if "migrations" in path.parts or not path.stat().st_size or path.stem == "__init__" or path.stem in UNNAMED:
            continue
        room = [file.read_text(encoding="utf-8") for name in TOLD_IN if (file := path.parent / name).exists()]
        if not re.search(rf"\b{path.stem}\b", "\n".join([overview, *room])):
            unnamed.append(path.relative_to(ROOT).as_posix())
    assert unnamed == []


TOLD_IN = ("__init__.py", "README.md")
# The file that Django looks for in every app.
UNNAMED = {"apps"}


def test_no_file_names_an_index_or_a_path_of_a_machine() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        assert "index-url" not in lock.read_text()
        assert "://" not in lock.read_text()
    assert '"resolved"' not in text("package-lock.json")
