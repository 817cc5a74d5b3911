"""The browser's libraries are what their packages hold, and each comes with its licence."""

import hashlib
import json
from pathlib import Path

import pytest

from tests.harness.site import ROOT, Site

VENDOR = ROOT / "static" / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text())


def digests(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("library", MANIFEST)
def test_every_file_of_a_library_is_the_one_in_the_manifest(library: str) -> None:
    assert digests(VENDOR / library) == MANIFEST[library]["files"]


@pytest.mark.parametrize("library", MANIFEST)
def test_a_library_brings_its_licence(library: str) -> None:
    licence = (VENDOR / library / "LICENSE").read_text()
    assert {"MIT": "Permission is hereby granted", "BSD-3-Clause": "Redistribution and use"}[
        MANIFEST[library]["license"]
    ] in licence


def test_nothing_else_lies_beside_the_libraries() -> None:
    assert {path.name for path in VENDOR.iterdir()} == {*MANIFEST, "manifest.json"}


def test_the_versions_are_those_that_npm_has_locked() -> None:
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for facts in MANIFEST.values():
        assert locked[f"node_modules/{facts['package']}"]["version"] == facts["version"]


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("markdown-it/markdown-it.mjs", "text/javascript"),
        ("highlightjs/languages/python.js", "text/javascript"),
        ("katex/katex.mjs", "text/javascript"),
        ("chart.js/chart.js", "text/javascript"),
        ("katex/katex.css", "text/css"),
        ("katex/fonts/KaTeX_Main-Regular.woff2", "font/woff2"),
    ],
)
def test_the_site_serves_them_as_what_they_are(site: Site, file: str, kind: str) -> None:
    with site.client(None) as nobody:
        answer = nobody.get(f"/static/vendor/{file}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].split(";")[0] == kind
    assert hashlib.sha256(answer.content).hexdigest() == hashlib.sha256((VENDOR / file).read_bytes()).hexdigest()
