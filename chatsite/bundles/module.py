"""One module of the browser: what it imports and exports, and its text with the places of both."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser, Query, QueryCursor

from chatsite.bundles import UnbundledError

JAVASCRIPT: Final = Language(tree_sitter_javascript.language())
WANTED: Final = Query(
    JAVASCRIPT,
    """
    (import_statement) @import
    (export_statement) @export
    (comment) @comment
    (call_expression function: (import) arguments: (arguments . (string (string_fragment) @lazy) .))
    (member_expression object: (meta_property)) @meta
    (new_expression arguments: (arguments . (string (string_fragment) @worker) . (member_expression (meta_property)) .))
    (await_expression) @await
    (for_in_statement "await") @await
    """,
)
# Within one of these `await` does not hold the module up.
FUNCTIONS: Final = {
    *("arrow_function", "function_declaration", "function_expression", "method_definition"),
    *("generator_function", "generator_function_declaration"),
}
# Before the name of what a module only passes on from another one.
PASSED_ON: Final = "$chat_from_"
# What a library's licence wants to be kept.
KEPT_COMMENTS: Final = (b"/*!", b"// @license")


@dataclass(frozen=True, slots=True)
class Import:
    """Names from another module, and the text between braces that takes them out of it; none for `import "…"`."""

    source: str
    bindings: str
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a module's bytes."""

    begin: int
    end: int

    @classmethod
    def of(cls, node: Node) -> "Place":
        """Return where a node stands."""
        return cls(node.start_byte, node.end_byte)


class Module:
    """A parsed module; `name` is its path below the folder of all static files."""

    def __init__(self, name: str, content: bytes) -> None:
        """Parse it. Raises `UnbundledError` where it is not JavaScript."""
        self.name = name
        self.content = content
        root = Parser(JAVASCRIPT).parse(content).root_node
        if root.has_error:
            raise UnbundledError(f"{name} could not be parsed")
        self.found = QueryCursor(WANTED).captures(root)
        for node in self.found.get("await", []):
            if not any(parent.type in FUNCTIONS for parent in _parents(node)):
                raise UnbundledError(f"{name} awaits outside any function")

    def resolved(self, address: str) -> str:
        """Return the name of what a relative address in this module means."""
        if not address.startswith("."):
            raise UnbundledError(f"{self.name} names {address}, which is no relative address")
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.name), address))

    @cached_property
    def imports(self) -> dict[Place, Import]:
        """Return what is imported, in the order of the statements."""
        passed_on = [node for node in self.found.get("export", []) if node.child_by_field_name("source")]
        return {Place.of(node): self._import(node) for node in _sorted([*self.found.get("import", []), *passed_on])}

    @cached_property
    def lazy(self) -> dict[Place, str]:
        """Return the addresses in `import("…")`, and what they mean."""
        return {Place.of(node): self.resolved(_text(node)) for node in self.found.get("lazy", [])}

    @cached_property
    def workers(self) -> tuple[str, ...]:
        """Return the modules in `new URL("….js", import.meta.url)`, which run in a worker."""
        named = [_text(node) for node in self.found.get("worker", [])]
        return tuple(self.resolved(posixpath.join(".", name)) for name in named if name.endswith(".js"))

    @cached_property
    def own_addresses(self) -> list[Place]:
        """Return where it asks for its own address, `import.meta.url`."""
        for node in self.found.get("meta", []):
            if _text(node) != "import.meta.url":
                raise UnbundledError(f"{self.name} asks for {_text(node)}")
        return [Place.of(node) for node in self.found.get("meta", [])]

    @cached_property
    def comments(self) -> list[Place]:
        """Return the comments that nobody needs in a bundle."""
        found = self.found.get("comment", [])
        return [Place.of(node) for node in found if not (node.text or b"").startswith(KEPT_COMMENTS)]

    @cached_property
    def exports(self) -> dict[str, str]:
        """Return the name inside the module of each name it exports."""
        return dict(pair for _, pairs in self._exported for pair in pairs)

    @cached_property
    def export_marks(self) -> list[Place]:
        """Return what has to go where names are exported: the word before a declaration, or a whole list."""
        return [place for place, _ in self._exported]

    @cached_property
    def _exported(self) -> list[tuple[Place, list[tuple[str, str]]]]:
        return [self._export(node) for node in _sorted(self.found.get("export", []))]

    def _import(self, node: Node) -> Import:
        source = node.child_by_field_name("source")
        if source is None or any(child.type == "import_attribute" for child in node.named_children):
            raise UnbundledError(f"{self.name} imports in a form that is not known: {_text(node)}")
        target = self.resolved(_text(source)[1:-1])
        bindings, namespace = [], ""
        if node.type == "export_statement":
            bindings = [f"{inner}: {PASSED_ON}{name}" for name, inner in _listed(node)]
        for part in (
            part for clause in node.named_children if clause.type == "import_clause" for part in clause.named_children
        ):
            if part.type == "identifier":
                bindings.append(f"default: {_text(part)}")
            elif part.type == "namespace_import":
                namespace = _text(part.named_children[0])
            elif part.type == "named_imports":
                bindings += [": ".join(_names(each)) for each in part.named_children if each.type != "comment"]
        return Import(target, ", ".join(bindings), namespace)

    def _export(self, node: Node) -> tuple[Place, list[tuple[str, str]]]:
        declaration = node.child_by_field_name("declaration")
        refused = UnbundledError(f"{self.name} exports in a form that is not known: {_text(node)[:80]}")
        if any(child.type == "default" for child in node.children):
            raise refused
        if declaration is not None:
            mark = Place(node.start_byte, declaration.start_byte)
            if declaration.type == "lexical_declaration" and _text(declaration).startswith("const"):
                names = [each.child_by_field_name("name") for each in declaration.named_children]
            elif declaration.type in FUNCTIONS | {"class_declaration"}:
                names = [declaration.child_by_field_name("name")]
            else:
                # What may change later would have to change in every module that imports it.
                raise refused
            if any(name is None or name.type != "identifier" for name in names):
                raise refused
            return mark, [(_text(name), _text(name)) for name in names if name]
        if not (pairs := _listed(node)):
            raise refused
        if node.child_by_field_name("source"):
            pairs = [(name, PASSED_ON + name) for name, _ in pairs]
        return Place.of(node), pairs


def _listed(node: Node) -> list[tuple[str, str]]:
    """Return the names of an export's list, each with the one that it has inside."""
    lists = [child for child in node.named_children if child.type == "export_clause"]
    pairs = [_names(each) for clause in lists for each in clause.named_children if each.type == "export_specifier"]
    return [(names[-1], names[0]) for names in pairs]


def _names(node: Node) -> list[str]:
    """Return the name in an import or export list, and behind it the other one after `as`."""
    return [_text(child) for child in (node.child_by_field_name("name"), node.child_by_field_name("alias")) if child]


def _text(node: Node) -> str:
    return (node.text or b"").decode()


def _sorted(nodes: list[Node]) -> list[Node]:
    return sorted(nodes, key=lambda node: node.start_byte)


def _parents(node: Node) -> Iterator[Node]:
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent
