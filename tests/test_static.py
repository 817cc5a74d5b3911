"""Static files: small on the line, and asked for again only when they changed."""

import gzip
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import brotli
import httpx2
import pytest

from chat.views.modulepreload import imports
from chatsite.configuration.fingerprint import fingerprint
from tests.harness.site import Site

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def stranger(site: Site) -> Iterator[httpx2.Client]:
    with site.client(None) as client:
        yield client


@pytest.mark.parametrize(
    ("accepted", "coding", "decompress"),
    [
        ("gzip", "gzip", gzip.decompress),
        ("gzip, deflate, br, zstd", "br", brotli.decompress),
        ("br;q=0, gzip;q=0.5", "gzip", gzip.decompress),
    ],
)
def test_text_travels_compressed_to_whoever_can_read_it(
    stranger: httpx2.Client, accepted: str, coding: str, decompress: Callable[[bytes], bytes]
) -> None:
    written = (ROOT / "static/chat/main.js").read_bytes()
    request = stranger.build_request("GET", "/static/chat/main.js", headers={"Accept-Encoding": accepted})
    answer = stranger.send(request, stream=True)
    raw = b"".join(answer.iter_raw())
    assert answer.headers["Content-Encoding"] == coding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert int(answer.headers["Content-Length"]) == len(raw) < len(written) / 2
    assert decompress(raw) == written
    plain = stranger.get("/static/chat/main.js", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.content == written


def test_what_did_not_change_is_not_sent_again(stranger: httpx2.Client) -> None:
    for encoding, names in (("gzip", {"Last-Modified": "If-Modified-Since"}), ("identity", {"ETag": "If-None-Match"})):
        first = stranger.get("/static/chat/page/base.css", headers={"Accept-Encoding": encoding})
        again = {condition: first.headers[name] for name, condition in names.items()}
        answer = stranger.get("/static/chat/page/base.css", headers={"Accept-Encoding": encoding, **again})
        assert (answer.status_code, answer.content) == (304, b"")


def test_half_a_file_is_half_of_its_bytes_and_a_picture_stays_as_it_is(stranger: httpx2.Client) -> None:
    part = stranger.get("/static/chat/main.js", headers={"Range": "bytes=0-9", "Accept-Encoding": "gzip"})
    assert part.status_code == 206
    assert part.content == (ROOT / "static/chat/main.js").read_bytes()[:10]
    font = next((ROOT / "static/vendor").rglob("*.woff2"))
    answer = stranger.get(f"/{font.relative_to(ROOT)}", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers


def test_a_page_names_files_by_addresses_that_are_kept_for_good(stranger: httpx2.Client) -> None:
    address = re.search(r'href="(/static/[0-9a-f]{12}/chat/page/base.css)"', stranger.get("/accounts/login/").text)
    assert address is not None
    answer = stranger.get(address[1])
    assert answer.content == (ROOT / "static/chat/page/base.css").read_bytes()
    assert answer.headers["Cache-Control"] == "max-age=31536000, public, immutable"
    for other in ("/static/chat/page/base.css", "/static/0123456789ab/chat/page/base.css"):
        answer = stranger.get(other)
        assert answer.status_code == 200
        assert "immutable" not in answer.headers["Cache-Control"]


def test_a_bundle_is_kept_for_good_and_what_is_none_lies_beside_it(stranger: httpx2.Client, site: Site) -> None:
    with closing(site.session("alice")) as browser:
        address = re.search(r'src="(/static/[0-9a-f]{12}/bundle/)chat/main.js"', browser.get("/").text)
    assert address is not None
    answer = stranger.get(f"{address[1]}chat/main.js")
    assert "sourceMappingURL=main.js.map" in answer.text
    assert answer.headers["Cache-Control"] == "max-age=31536000, public, immutable"
    assert "javascript" in answer.headers["Content-Type"]
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert stranger.get(f"{address[1]}chat/main.js.map").json()["sources"][-1] == "../../chat/main.js"
    # What a bundle fetches by its own address.
    assert stranger.get(f"{address[1]}vendor/katex/katex.mjs").content == (
        (ROOT / "static/vendor/katex/katex.mjs").read_bytes()
    )
    assert stranger.get(f"{address[1]}chat/none.js").status_code == 404


def test_a_page_that_is_open_goes_on_when_its_bundles_are_removed(tmp_path: Path) -> None:
    with Site(tmp_path) as site, site.client(None) as stranger:
        assert "sourceMappingURL" in stranger.get("/static/bundle/chat/main.js").text
        shutil.rmtree(tmp_path / "bundles")
        prefix = re.search(r"/static/[0-9a-f]{12}/", stranger.get("/accounts/login/").text)
        assert prefix is not None
        answer = stranger.get(f"{prefix[0]}bundle/chat/main.js")
        assert answer.content == (ROOT / "static/chat/main.js").read_bytes()
        assert "immutable" not in answer.headers["Cache-Control"]
        assert stranger.get("/static/bundle/chat/main.js.map").status_code == 404


def test_a_site_that_cannot_keep_bundles_says_so_and_serves_the_modules(tmp_path: Path) -> None:
    with Site(tmp_path) as site:
        site.stop()
        shutil.rmtree(tmp_path / "bundles")
        (tmp_path / "bundles").write_text("no folder")
        site.start()
        with closing(site.session("alice")) as browser:
            html = browser.get("/").text
            assert re.search(r'src="/static/[0-9a-f]{12}/chat/main.js"', html)
            assert "/bundle/" not in html
    assert len([line for line in site.output if "no bundles" in line]) == 1


def test_a_fingerprint_changes_with_a_file_and_with_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "main.js").write_text("one")
    before = fingerprint(tmp_path)
    (tmp_path / "main.js").touch()
    assert fingerprint(tmp_path) == before
    (tmp_path / "main.js").write_text("two")
    assert fingerprint(tmp_path) != before


def test_all_that_comes_with_a_module_is_known_and_not_what_it_fetches_later(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "main.js").write_text(
        'import { a } from "./a.js";\nimport {\n  b,\n} from "../b.js";\n/** @typedef {import("./types.js").T} T */\n'
        'const later = () => import("./later.js");\n'
    )
    (tmp_path / "app" / "a.js").write_text('import "../b.js";\nexport * from "./main.js";\n')
    (tmp_path / "b.js").write_text('const text = "./none.js";\n')
    assert imports(tmp_path, "app/main.js") == ("app/main.js", "app/a.js", "b.js")
