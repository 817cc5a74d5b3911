"""Joins modules to bundles: one of a page, one of each part that it fetches later, one of each worker."""

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from chatsite.bundles import UnbundledError
from chatsite.bundles.module import Import, Module, Place
from chatsite.bundles.source_map import Line

NO_LETTER: Final = re.compile(r"[^a-zA-Z0-9]+")


class Linker:
    """The modules below a folder, and the bundles of a page that begins with one of them."""

    def __init__(self, folder: Path, entry: str) -> None:
        """Read all modules that the page can come to need. Raises `UnbundledError` and `OSError`."""
        self.folder = folder
        self.entry = entry
        self._modules: dict[str, Module] = {}
        # What is fetched later, in the order in which it is found, and what runs in workers.
        self._later: dict[str, None] = {}
        self._workers: dict[str, None] = {}
        self._read(entry)
        page = self._closure([entry])
        closures = {later: self._closure([later]) for later in self._later}
        # What several parts need comes with the page: a module is evaluated once, and so has one place.
        shared = Counter(name for closure in closures.values() for name in closure if name not in page)
        self._page = self._closure([*(name for name, count in shared.items() if count > 1), entry])
        self._parts = {
            later: [name for name in closure if name not in self._page] for later, closure in closures.items()
        }

    def bundles(self) -> Iterator[tuple[str, list[Line]]]:
        """Yield the name and the lines of each bundle; it has the name of the module that it begins with."""
        wanted: dict[str, None] = {}
        for later, names in self._parts.items():
            needed = {target for name in names for target in self._imported(name)} | {later}
            from_page = [name for name in self._page if name in needed]
            wanted |= dict.fromkeys(from_page)
            yield later, [*self._head(later, from_page), *self._bodies(later, names), *self._tail(later)]
        for worker in self._workers:
            yield worker, list(self._bodies(worker, self._closure([worker])))
        taken = ", ".join(map(_variable, wanted))
        yield self.entry, [*self._bodies(self.entry, self._page), Line(f"export {{ {taken} }};")]

    def _read(self, name: str) -> None:
        if name in self._modules:
            return
        module = self._modules[name] = Module(name, (self.folder / name).read_bytes())
        for target in (*self._imported(name), *module.lazy.values(), *module.workers):
            self._read(target)
        self._later |= dict.fromkeys(module.lazy.values())
        self._workers |= dict.fromkeys(module.workers)

    def _imported(self, name: str) -> list[str]:
        return [each.source for each in self._modules[name].imports.values()]

    def _closure(self, entries: Iterable[str]) -> list[str]:
        """Return modules and all they import, in the order in which a browser evaluates them."""
        done: dict[str, None] = {}

        def visit(name: str, path: tuple[str, ...]) -> None:
            if name in path:
                raise UnbundledError(f"{name} imports itself, by {' and '.join(path)}")
            if name not in done:
                for target in self._imported(name):
                    visit(target, (*path, name))
                done[name] = None

        for entry in entries:
            visit(entry, ())
        return list(done)

    def _head(self, bundle: str, from_page: list[str]) -> Iterator[Line]:
        names = ", ".join(map(_variable, from_page))
        yield Line(f'import {{ {names} }} from "{_address(self.entry, bundle)}";')

    def _tail(self, later: str) -> Iterator[Line]:
        names = ", ".join(self._modules[later].exports)
        if "default" in self._modules[later].exports:
            raise UnbundledError(f"{later} is fetched later, and exports a default")
        yield Line(f"export const {{ {names} }} = {_variable(later)};")

    def _bodies(self, bundle: str, names: list[str]) -> Iterator[Line]:
        variables = [_variable(name) for name in names]
        if len(set(variables)) < len(variables):
            raise UnbundledError(f"Two modules of {bundle} differ only in signs that are no letters")
        for name in names:
            yield from self._body(bundle, self._modules[name])

    def _body(self, bundle: str, module: Module) -> Iterator[Line]:
        if b"$chat_" in module.content:
            raise UnbundledError(f"{module.name} has a name that begins as those of modules do in a bundle")
        yield Line(f"const {_variable(module.name)} = (() => {{")
        yield from _rewritten(module, self._edits(bundle, module))
        exports = ", ".join(name if name == inner else f"{name}: {inner}" for name, inner in module.exports.items())
        yield Line(f"return {{ {exports} }};")
        yield Line("})();")

    def _edits(self, bundle: str, module: Module) -> dict[Place, str]:
        if bundle in self._workers and module.lazy:
            raise UnbundledError(f"{module.name} is part of a worker, and fetches {min(module.lazy.values())} later")
        # A blank, because what stands on both sides of a comment may not be one word.
        edits = dict.fromkeys(module.comments, " ") | dict.fromkeys(module.export_marks, "")
        edits |= {place: _taken(each) for place, each in module.imports.items()}
        edits |= {place: _address(target, bundle) for place, target in module.lazy.items()}
        own = f'new URL("{_address(module.name, bundle)}", import.meta.url).href'
        return edits | dict.fromkeys(module.own_addresses, own)


def _variable(name: str) -> str:
    """Return what a module is called in a bundle, so that a person finds it there."""
    return "$chat_" + NO_LETTER.sub("_", name.removeprefix("chat/").rpartition(".")[0])


def _taken(wanted: Import) -> str:
    source = _variable(wanted.source)
    whole = f"const {wanted.namespace} = {source};" if wanted.namespace else ""
    return whole + (f"const {{ {wanted.bindings} }} = {source};" if wanted.bindings else "")


def _address(target: str, bundle: str) -> str:
    """Return the relative address of a file for what a bundle fetches."""
    found = posixpath.relpath(target, posixpath.dirname(bundle))
    return found if found.startswith(".") else f"./{found}"


def _rewritten(module: Module, edits: dict[Place, str]) -> Iterator[Line]:
    """Yield the lines of a module with stretches of it replaced, but for those of which nothing is left."""
    text, at, touched = "", 0, set()
    # A comment may stand in a statement that is replaced as a whole.
    for place in sorted(edits, key=lambda place: (place.begin, -place.end)):
        if place.begin < at:
            continue
        gone = module.content[place.begin : place.end].count(b"\n")
        text += module.content[at : place.begin].decode()
        first = text.count("\n")
        touched |= set(range(first, first + gone + 1))
        # As many lines as before.
        text += edits[place] + "\n" * gone
        at = place.end
    text += module.content[at:].decode()
    for number, line in enumerate(text.split("\n")):
        if line.strip() or number not in touched:
            yield Line(line, module.name, number)
