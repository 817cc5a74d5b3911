"""Answers of every kind of text, cut at random places."""

import json
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.harness.upstream.script import WORDS

HAN = "春眠不覺曉處處聞啼鳥夜來風雨聲花落知多少日本語のテキスト한국어문장"
EMOJI = ("👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇪🇺", "🧑🏿‍🚀", "❤️‍🔥", "😀")
MARKS = ("e\u0301", "a\u0323\u0302", "n\u0303", "नमस्ते", "สวัสดี", "لَا", "می\u200cخواهم", "don\u2019t")
CODE = (
    "\n```python\ndef f(x):\n\treturn x ** 2\n```\n",
    "a\r\nb",
    "\n\n\n",
    "data: id: 7\n\n",
    ": ",
    "<b>&amp;</b>",
    "\u2028",
)


def words(random: Random) -> str:
    """Return some text of one kind or another."""
    kind = random.randrange(7)
    if kind == 0:
        return " ".join(random.choices(WORDS, k=random.randint(1, 12))) + " "
    if kind == 1:
        return "".join(random.choices(HAN, k=random.randint(1, 20)))
    if kind == 2:
        return random.choice(EMOJI) * random.randint(1, 3)
    if kind == 3:
        return random.choice(MARKS) * random.randint(1, 3)
    if kind == 4:
        return "".join(random.choices("abcXYZ0189+/", k=random.randint(1, 300)))
    if kind == 5:
        return random.choice(CODE)
    return json.dumps({random.choice(WORDS): [random.random(), None, {"π": random.choice(EMOJI)}]})


def cut(text: str, random: Random) -> list[str]:
    """Return the text in pieces of random length."""
    pieces, begin = [], 0
    while begin < len(text):
        end = begin + random.choice((1, 2, 3, 5, 8, 40))
        pieces.append(text[begin:end])
        begin = end
    return pieces


@dataclass(frozen=True)
class Said:
    """What an upstream says: thoughts, tool calls and text."""

    reasoning: str
    tool_calls: list[dict[str, Any]]
    text: str

    @classmethod
    def random(cls, random: Random) -> "Said":
        """Make something up; an answer has text or calls a tool, and perhaps thinks first."""
        calls = [
            {
                "index": index,
                "id": f"call_{random.randrange(10**6)}",
                "name": random.choice(("search", "run_code")),
                "arguments": json.dumps({"q": words(random), "n": index}, ensure_ascii=False),
            }
            for index in range(random.choice((0, 0, 1, 2)))
        ]
        thoughts = "".join(words(random) for _ in range(random.choice((0, 0, 4, 12))))
        return cls(thoughts, calls, "".join(words(random) for _ in range(random.randint(1, 24))))

    def script(self, random: Random) -> dict[str, Any]:
        """Return how an upstream says it, as the knobs of a script."""
        fragments = []
        for call in self.tool_calls:
            fragments.append({**call, "arguments": ""})
            fragments += [{"index": call["index"], "arguments": part} for part in cut(call["arguments"], random)]
        return {
            "reasoning": cut(self.reasoning, random),
            "tool_calls": fragments,
            "text": cut(self.text, random),
            "delay": random.uniform(0, 0.02),
        }
