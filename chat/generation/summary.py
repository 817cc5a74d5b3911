"""A title out of the question itself, where no model gives one: what is asked, not what happens to stand first."""

import re
from collections.abc import Iterator
from typing import Final

from chat.generation.request import TITLE_CHARS, first_words

# So much of both ends is read: what is asked stands before or after what was pasted.
ENDS: Final = 3000
FENCE: Final = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)
SENTENCE: Final = re.compile(r"(?<=[.!?。！？])\s+|(?<=[。！？])|\n+")
# What Markdown sets before or around words.
MARKS: Final = re.compile(r"^\s*(#{1,6}\s+|[-*+]\s+|\d{1,3}[.)]\s+)|[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}")
# Said before what is asked for. In English, as most of the words below; other languages have their question marks.
POLITE: Final = re.compile(
    r"\A\s*((hi|hello|hey|dear \w+|good (morning|afternoon|evening)|thanks|ok|okay|so|please|and)\b[\s,.!:;–-]*"
    r"|(can|could|would|will) you( please| kindly)?\s+(?=\w)"
    r"|i(’d| would|'d) like (you )?to\s+|i (want|need) (you )?to\s+"
    r"|(please )?help me( to)?\s+)+",
    re.IGNORECASE,
)
ASKS: Final = re.compile(
    r"(what|why|how|when|where|who|which|is|are|do|does|did|can|could|should|explain|summari[sz]e|translate|write|rewrite"
    r"|fix|find|list|give|make|create|compare|describe|tell|show|help|plan|sort|convert|review|improve|suggest|draft"
    r"|generate|calculate|check|correct|shorten|debug|refactor|implement|add|remove|change|analy[sz]e|extract|draw)\b",
    re.IGNORECASE,
)
# A log, a table, a listing: numbers and signs more than words.
NO_PROSE: Final = re.compile(r"[\d{}<>=|;\\/\[\]()$#@_+*%:]")
FEWEST_CHARS: Final = 4


def summary_of(text: str) -> str:
    """Return a title for a question: the sentence that asks, without greetings; its first words where none does.

    At most TITLE_CHARS characters on one line. One short line is its own title, word for word.
    """
    if "\n" not in text.strip() and len(text.strip()) <= TITLE_CHARS:
        return first_words(text)
    sentences = list(_sentences(text))
    if not sentences:
        return first_words(text)
    last = len(sentences) - 1
    best = max(range(len(sentences)), key=lambda number: (_score(sentences[number], number in {0, last}), -number))
    words = POLITE.sub("", sentences[best]).strip().rstrip(".:。,;，")
    return first_words(words) or first_words(text)


def _sentences(text: str) -> Iterator[str]:
    ends = text if len(text) <= 2 * ENDS else f"{text[:ENDS]}\n{text[-ENDS:]}"
    for sentence in SENTENCE.split(FENCE.sub("\n", ends)):
        plain = MARKS.sub("", sentence).strip()
        if len(plain) >= FEWEST_CHARS and not sentence.lstrip().startswith(">"):
            yield plain


def _score(sentence: str, stands_at_an_end: bool) -> float:
    """Return how much it looks like what somebody wants to know."""
    bare = POLITE.sub("", sentence)
    score = 0.0
    if sentence.rstrip().endswith(("?", "？", "؟")):
        score += 3
    if ASKS.match(bare):
        score += 2
    if stands_at_an_end:
        score += 1
    if not bare.strip():
        score -= 5
    # Of what was pasted every line is like the others.
    score -= 4 * len(NO_PROSE.findall(sentence)) / len(sentence)
    return score - len(sentence) / 400
