"""Real text in four kinds of writing, from what is installed anyway: Django's translations and Python's own pages."""

import inspect
import json.decoder
import pydoc_data.topics
import re
import textwrap
from functools import cache
from pathlib import Path
from types import ModuleType

import django

KINDS = ("English", "German", "Japanese", "code")
MESSAGE = re.compile(r'^msgstr(?:\[\d\])? ((?:"(?:[^"\\]|\\.)*"\s*)+)', re.MULTILINE)
SENTENCE_CHARS = {"de": 40, "ja": 20}
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


@cache
def paragraphs(kind: str) -> list[str]:
    """Return paragraphs of one kind, none twice, in an order of their own."""
    if kind == "code":
        return _code(inspect, textwrap, json.decoder, re)
    if kind == "English":
        return _english()
    return _translated({"German": "de", "Japanese": "ja"}[kind])


def _english() -> list[str]:
    pages = pydoc_data.topics.topics
    found = (part for name in sorted(pages) for part in pages[name].split("\n\n"))
    # Tables and programs are something else.
    prose = (part for part in found if not re.search(r'::|"""|[|]|>>>|\.\. ', part))
    return [" ".join(part.split()) for part in prose if len(part) > 200]


def _code(*modules: ModuleType) -> list[str]:
    sources = (inspect.getsource(module) for module in modules)
    # Lines of signs are one token to a vocabulary that has seen more than this one has.
    parts = (part for source in sources for part in source.split("\n\n") if "####" not in part)
    return [part for part in parts if len(part) > 80]


def _translated(language: str) -> list[str]:
    """Return an app's messages, some of them to a paragraph."""
    found: dict[str, None] = {}
    for path in sorted(Path(django.__file__).parent.rglob(f"locale/{language}/LC_MESSAGES/django.po")):
        for match in MESSAGE.finditer(path.read_text(encoding="utf-8")):
            text = "".join(QUOTED.findall(match[1])).replace("\\n", "\n").replace('\\"', '"')
            # Sentences, not labels: nobody's answer is a list of buttons.
            if len(text) > SENTENCE_CHARS[language] and "%" not in text and "{" not in text:
                found[" ".join(text.split())] = None
    messages = list(found)
    gap = " " if language == "de" else ""
    return [gap.join(messages[number : number + 4]) for number in range(0, len(messages), 4)]
