"""Copies the browser's libraries out of node_modules into static/vendor, with their licences, and writes the manifest.

scripts/vendor.py        after `npm install --save-dev --save-exact <package>@<version>`

`manifest.json` gives for each library its npm package, version, licence and the SHA-256 of every file. They are copied
as they are, but for the addresses of `IMPORTS`.
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
LANGUAGES = (
    *("apache", "bash", "c", "clojure", "cmake", "cpp", "csharp", "css", "dart", "diff", "dockerfile", "elixir"),
    *("erlang", "fsharp", "go", "graphql", "haskell", "http", "ini", "java", "javascript", "json", "julia", "kotlin"),
    *("latex", "less", "lua", "makefile", "markdown", "matlab", "nginx", "objectivec", "ocaml", "perl", "php"),
    *("powershell", "properties", "protobuf", "python", "r", "ruby", "rust", "scala", "scss", "shell", "sql"),
    *("swift", "typescript", "vbnet", "verilog", "vhdl", "vim", "wasm", "x86asm", "xml", "yaml"),
)
# Of each package: its files, which may be patterns, and what they are called here.
LIBRARIES = {
    "markdown-it": {
        "markdown-it/dist/browser/markdown-it.esm.min.mjs": "markdown-it.mjs",
        "markdown-it/dist/markdown-it.d.mts": "markdown-it.d.mts",
        # Its bundle holds these packages too.
        "entities/LICENSE": "LICENSE.entities",
        "linkify-it/LICENSE": "LICENSE.linkify-it",
        "mdurl/LICENSE": "LICENSE.mdurl",
        "punycode.js/LICENSE-MIT.txt": "LICENSE.punycode",
        "uc.micro/LICENSE.txt": "LICENSE.uc.micro",
    },
    "markdown-it-cjk-friendly": {
        "markdown-it-cjk-friendly/dist/index.js": "markdown-it-cjk-friendly.js",
        "markdown-it-cjk-friendly/dist/index.d.ts": "markdown-it-cjk-friendly.d.ts",
        "get-east-asian-width/*.js": "get-east-asian-width/",
        "get-east-asian-width/license": "LICENSE.get-east-asian-width",
    },
    "@highlightjs/cdn-assets": {
        "@highlightjs/cdn-assets/es/core.min.js": "core.js",
        **{f"@highlightjs/cdn-assets/es/languages/{name}.min.js": f"languages/{name}.js" for name in LANGUAGES},
    },
    "katex": {
        "katex/dist/katex.mjs": "katex.mjs",
        "katex/dist/katex.min.css": "katex.css",
        "katex/dist/fonts/*.woff2": "fonts/",
    },
    # Only the admin's usage page loads it.
    "chart.js": {
        "chart.js/dist/chart.umd.min.js": "chart.js",
        "@kurkle/color/LICENSE.md": "LICENSE.color",
    },
}
# What a module calls another package, and where it lies beside that module: a worker has no import map.
IMPORTS = {
    b'from "get-east-asian-width"': b'from "./get-east-asian-width/index.js"',
    b'from "markdown-it"': b'from "../markdown-it/markdown-it.mjs"',
}


def copy(wanted: dict[str, str], target: Path) -> dict[str, str]:
    """Copy files. Returns their digests by their names in `target`."""
    digests = {}
    for pattern, name in wanted.items():
        found = sorted(PACKAGES.glob(pattern))
        if not found:
            sys.exit(f"There is no {pattern} in {PACKAGES}.")
        for path in found:
            copied = target / name / path.name if name.endswith("/") else target / name
            copied.parent.mkdir(parents=True, exist_ok=True)
            content = path.read_bytes()
            for name_there, name_here in IMPORTS.items():
                content = content.replace(name_there, name_here)
            copied.write_bytes(content)
            digests[copied.relative_to(target).as_posix()] = hashlib.sha256(content).hexdigest()
    return digests


def main() -> None:
    """Replace everything in static/vendor."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    manifest = {}
    for package, wanted in LIBRARIES.items():
        described = json.loads((PACKAGES / package / "package.json").read_text())
        library = package.removesuffix("/cdn-assets").removeprefix("@")
        files = copy({**wanted, f"{package}/LICENSE*": "LICENSE"}, VENDOR / library)
        facts = {"package": package, "version": described["version"], "license": described["license"]}
        manifest[library] = {**facts, "files": files}
    (VENDOR / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
