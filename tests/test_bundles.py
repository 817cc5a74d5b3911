"""Bundles: they do what their modules do, lead a debugger to the sources, and are made once."""

import json
import logging
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chatsite.bundles import UnbundledError
from chatsite.bundles.cache import SCRIPT, SHEET, Bundles, write
from chatsite.bundles.linker import Linker
from chatsite.bundles.source_map import Line
from chatsite.bundles.stylesheet import joined

ROOT = Path(__file__).resolve().parents[1]
NODE = ROOT / ".venv" / "bin" / "node"

# Each form of import and export that the page uses, and words that only look like one.
MODULES = {
    "chat/main.js": """
/** Says what it sees. */
import Library, { count as counted } from "../vendor/library.mjs";
import { add, total } from "./sums.js"; // a comment after it
import * as names from "./names.js";
import "./effect.js";
import {
  Greeter, // who greets
  letters,
} from "./deep/greeter.js";

const seen = [];
const text = `
import { nothing } from "./nothing.js";
// no comment

/* nor this */ ${/* but this */ names.FIRST}`;
const pattern = /\\/\\* no comment \\*\\//;
seen.push(text, String(pattern), new Library().name, counted, names.FIRST, Object.keys(names).join());
seen.push(new Greeter().greet("you"), [...letters()].join(""), globalThis.effects);
const a = 1/* nothing *//2, b = [a /* one
*/ , 2];
add(1);
Promise.all([import("./later/part.js"), import("./later/other.js")]).then(([{ more }, { most }]) => {
  seen.push(more(), most(), total(), String(b), globalThis.evaluated.join());
  console.log(JSON.stringify(seen));
});
""",
    "chat/sums.js": "/* once */ let sum = 0;\nexport function add(n) { return (sum += n); }\n"
    "export const total = () => sum;\n",
    "chat/names.js": 'export const FIRST = "Ada", SECOND = "Bob";\nconst hidden = 3;\nexport { hidden as shown };\n',
    "chat/effect.js": "(globalThis.effects ??= []).push(import.meta.url.split('/').slice(-2).join('/'));\n",
    "chat/deep/greeter.js": 'import { FIRST } from "../names.js";\n/* who */ export class Greeter {\n'
    "  // says it\n  greet(name) { return `${FIRST} greets ${name}`; }\n}\n"
    'export function* letters() { yield "a"; yield "b"; }\n'
    'export const where = () => new URL("worker.js", import.meta.url);\n',
    "chat/deep/worker.js": 'import { FIRST } from "../names.js";\n'
    'console.log(FIRST, import.meta.url.split("/").at(-1));\n',
    "chat/later/part.js": 'import { add } from "../sums.js";\nimport { once } from "./once.js";\n'
    "export const more = () => add(once(2));\n",
    "chat/later/other.js": 'import { once } from "./once.js";\nexport async function* unused() { await 1; }\n'
    "export const most = () => once(40);\n",
    "chat/later/once.js": '(globalThis.evaluated ??= []).push("once");\nexport const once = (n) => n + 1;\n',
    "vendor/library.mjs": "/*! Library, MIT */\nclass Lib { name = 'lib'; }\n"
    "export {\n  // from there\n  n as count,\n  n as amount,\n} from './number.mjs';\nexport { Lib as default };\n",
    "vendor/number.mjs": "export const n = 7;\n",
    "chat/main.css": '/* all */\n@import "page/base.css";\n@import "page/print.css" print;\n',
    "chat/page/base.css": "p {\n  color: red;\n}\n",
    "chat/page/print.css": "p {\n  color: black;\n}\n",
}


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    return lay(tmp_path / "static", MODULES)


def lay(folder: Path, files: dict[str, str]) -> Path:
    (folder / "package.json").parent.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"type": "module"}')
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def run(script: Path, *arguments: str) -> str:
    return subprocess.run([NODE, script, *arguments], capture_output=True, text=True, check=True).stdout


def test_a_bundle_does_what_its_modules_do(sources: Path) -> None:
    write(sources, sources / "bundle")
    found = run(sources / "bundle/chat/main.js")
    assert found == run(sources / "chat/main.js")
    assert json.loads(found)[-1] == "once"
    assert run(sources / "bundle/chat/deep/worker.js") == run(sources / "chat/deep/worker.js") == "Ada worker.js\n"


def test_a_page_is_one_file_and_what_it_fetches_later_another(sources: Path) -> None:
    bundles = dict(Linker(sources, SCRIPT).bundles())
    assert set(bundles) == {SCRIPT, "chat/later/part.js", "chat/later/other.js", "chat/deep/worker.js"}
    held = {name: {line.source for line in lines if line.source} for name, lines in bundles.items()}
    assert held["chat/later/part.js"] == {"chat/later/part.js"}
    assert held["chat/deep/worker.js"] == {"chat/deep/worker.js", "chat/names.js"}
    # What both parts need.
    assert "chat/later/once.js" in held[SCRIPT]
    text = "\n".join(line.text for line in bundles[SCRIPT])
    assert "/*! Library, MIT */" in text
    assert all(comment not in text for comment in ("Says what it sees", "/* once */", "who greets", "but this"))


def test_a_source_map_leads_from_every_line_to_the_one_it_was(sources: Path) -> None:
    """Read by Node's own reader of source maps."""
    write(sources, sources / "bundle")
    reader = sources / "read.mjs"
    reader.write_text("""
import { SourceMap } from "node:module";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
const bundle = process.argv[2];
const lines = readFileSync(bundle, "utf8").split("\\n");
const map = new SourceMap(JSON.parse(readFileSync(`${bundle}.map`, "utf8")));
console.log(JSON.stringify(lines.map((line, number) => {
  const { originalSource, originalLine, generatedLine } = map.findEntry(number, 0);
  if (generatedLine !== number) return [line, null, null];
  return [line, originalSource, readFileSync(join(dirname(bundle), originalSource), "utf8").split("\\n")[originalLine]];
})));
""")

    def read(name: str) -> dict[str, list[str]]:
        found = json.loads(run(reader, str(sources / "bundle" / name)))
        return {line.strip(): [source, there] for line, source, there in found}

    page = read(SCRIPT)
    assert page["add(1);"] == ["../../chat/main.js", "add(1);"]
    assert page["function add(n) { return (sum += n); }"] == [
        "../../chat/sums.js",
        "export function add(n) { return (sum += n); }",
    ]
    # Below lines of comments and imports of which nothing is left.
    assert page["greet(name) { return `${FIRST} greets ${name}`; }"][0] == "../../chat/deep/greeter.js"
    assert page["greet(name) { return `${FIRST} greets ${name}`; }"][1].strip().startswith("greet(name)")
    assert page["})();"] == [None, None]
    assert read("chat/later/part.js")["const more = () => add(once(2));"] == [
        "../../../chat/later/part.js",
        "export const more = () => add(once(2));",
    ]
    assert read(SHEET)["color: black;"] == ["../../chat/page/print.css", "  color: black;"]


@pytest.mark.parametrize(
    "content",
    [
        "await fetch('/');",
        "for await (const each of []) ;",
        "export default 1;",
        "export let changed = 1;",
        "export var changed = 1;",
        "export const { taken } = {};",
        'export * from "./sums.js";',
        'import library from "library";',
        'import { add } from "./sums.js" with { type: "json" };',
        'import "./main.js";',
        "const meta = import.meta.resolve('./x.js');",
        "const $chat_sums = 1;",
        "const = 1;",
    ],
)
def test_what_a_bundle_could_not_keep_is_refused_and_named(sources: Path, content: str) -> None:
    (sources / "chat/names.js").write_text(content)
    with pytest.raises(UnbundledError, match=r"chat/names\.js"):
        list(Linker(sources, SCRIPT).bundles())


def test_a_worker_fetches_nothing_later_and_a_part_exports_no_default(sources: Path) -> None:
    (sources / "chat/deep/worker.js").write_text('import("../names.js");')
    with pytest.raises(UnbundledError, match=r"worker\.js is part of a worker"):
        list(Linker(sources, SCRIPT).bundles())
    lay(sources, MODULES | {"chat/later/part.js": "const part = 1;\nexport { part as default };\n"})
    with pytest.raises(UnbundledError, match=r"part\.js is fetched later"):
        list(Linker(sources, SCRIPT).bundles())


def test_style_sheets_stand_where_they_are_imported(sources: Path) -> None:
    lines = list(joined(sources, SHEET))
    text = "\n".join(line.text for line in lines)
    assert text == "/* all */\np {\n  color: red;\n}\n@media print {\np {\n  color: black;\n}\n}"
    assert lines[6] == Line("  color: black;", "chat/page/print.css", 1)
    for refused in ("p { background: url(x.png); }", '@import "more.css" layer(base);', '@import url("more.css");'):
        (sources / "chat/page/base.css").write_text(refused)
        with pytest.raises(UnbundledError, match=r"base\.css"):
            list(joined(sources, SHEET))


def test_bundles_are_made_once_whoever_asks(sources: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    with ThreadPoolExecutor(4) as pool:
        # Each as a process of its own has it.
        made = [Bundles(sources, kept, "a") for _ in range(4)]
        assert set(pool.map(Bundles.folder, made)) == {kept / "a"}
    assert [each.name for each in kept.iterdir()] == ["a"]
    before = (kept / "a" / SCRIPT).stat().st_mtime_ns
    (sources / SCRIPT).write_text("no script at all (")
    assert Bundles(sources, kept, "a").folder() == kept / "a"
    assert (kept / "a" / SCRIPT).stat().st_mtime_ns == before


def test_bundles_of_other_versions_stay_for_a_month(sources: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    for name, days in (("young", 29), ("old", 31), (".half-made", 31)):
        (kept / name).mkdir(parents=True)
        os.utime(kept / name, (time.time() - days * 86_400,) * 2)
    Bundles(sources, kept, "new").folder()
    assert {each.name for each in kept.iterdir()} == {"young", "new"}


@pytest.mark.parametrize("trouble", ["a module that is none", "a folder that cannot be made", "no sources"])
def test_where_bundles_cannot_be_made_pages_do_without_and_the_log_says_so_once(
    sources: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, trouble: str
) -> None:
    kept = tmp_path / "kept"
    if trouble == "a module that is none":
        (sources / "chat/sums.js").write_text("const = 1;")
    elif trouble == "a folder that cannot be made":
        kept.write_text("a file")
    else:
        (sources / "chat/sums.js").unlink()
    bundles = Bundles(sources, kept, "a")
    with caplog.at_level(logging.WARNING):
        assert bundles.folder() is None
        assert bundles.folder() is None
    assert len(caplog.records) == 1
    assert kept.is_file() or list(kept.iterdir()) == []


def test_everything_the_page_has_can_be_bundled(tmp_path: Path) -> None:
    write(ROOT / "static", tmp_path)
    assert {file.relative_to(tmp_path / "chat").as_posix() for file in tmp_path.rglob("*.js")} == {
        *("main.js", "api/fallback.js", "search/search.js", "thread/settings.js"),
        *("markdown/highlighter.js", "markdown/reader.js"),
    }
