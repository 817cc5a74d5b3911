"""Answers of 100 kB that are nothing but syntax, each of another kind of block."""

from itertools import cycle, islice
from typing import Final

CHARS: Final = 100_000


def filled(*lines: str) -> str:
    """Return these lines again and again."""
    size = sum(map(len, lines)) / len(lines)
    return "".join(islice(cycle(lines), int(CHARS / size)))[:CHARS]


FLOODS: Final[dict[str, str]] = {
    "prose": filled(
        "Some words that people *write* in an answer, with `code` and a [link](https://x.test/). " * 6 + "\n\n"
    ),
    "items": filled("- a\n"),
    "ordered": filled("1. a\n"),
    "loose items": filled("- a\n\n"),
    "tasks": filled("- [ ] a\n"),
    "one item of items": "- a\n" + filled("  - b\n"),
    "items four deep": filled("- a\n", "  - b\n", "    - c\n", "      - d\n"),
    "items in a quote": filled("> - a\n"),
    "quotes": filled("> a\n\n"),
    "a quote of lines": filled("> a\n"),
    "quotes ninety deep": filled("> " * 90 + "a\n\n"),
    "rows": "|a|b|\n|-|-|\n" + filled("|a|b|\n"),
    "columns": "|" + "a|" * 500 + "\n|" + "-|" * 500 + "\n" + filled("|" + "a|" * 500 + "\n"),
    "paragraphs": filled("a\n\n"),
    "lines": filled("a\n"),
    "hard lines": filled("a  \n"),
    "headings": filled("# a\n"),
    "rules": filled("---\n"),
    "emphasis": filled("**a** *b* `c`\n\n"),
    "links": filled("[a](http://b.c)\n\n"),
    "code blocks": filled("```\na\n```\n"),
    "one code block": "```\n" + filled("a\n") + "```\n",
    "formulas": filled("$a$ b\n\n"),
    "footnotes": "[^1]: a\n\n" + filled("[^1] b\n\n"),
    "of everything": filled("# a\n- b\n  1. c\n\n", "> d\n\n", "|e|f|\n|-|-|\n|g|h|\n\n"),
}
