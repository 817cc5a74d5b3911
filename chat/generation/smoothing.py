"""Holds the end of a word back until the word is whole, so that nobody sees half a word.

Providers cut text anywhere: "inter", "nation", "al". Only a trailing run of letters can be a part-word, and only in
scripts that write spaces between words. All else goes out at once: digits, punctuation, code, newlines, emoji, and
Han, Kana, Hangul, Thai, Lao, Khmer and their like.
"""

import asyncio
import re
from typing import Final
from unicodedata import category

from chat.events import TextDelta
from chat.generation.entry import Entry
from chat.generation.log import GenerationLog

HOLD_SECONDS: Final = 0.08
# A longer run of letters is no word but data, such as base64.
LONGEST_WORD: Final = 64

# Blocks of scripts that write no spaces between words, or whose syllables stand alone (Unicode 15, Blocks.txt).
SPACELESS: Final = re.compile(
    "[\u0e00-\u109f"  # Thai, Lao, Tibetan, Myanmar
    "\u1100-\u11ff\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\u1b00-\u1b7f"  # Jamo, Khmer, Tai, Balinese
    "\u2e80-\ua4cf"  # radicals, Kana, Bopomofo, Hangul letters, Han, Yi
    "\ua960-\uaadf\uac00-\ud7ff"  # Jamo, Javanese, Myanmar, Cham, Tai Viet; Hangul
    "\uf900-\ufaff\ufe30-\ufe4f\uff66-\uffdc"  # Han, halfwidth Kana and Hangul
    "\U00016fe0-\U00018dff\U0001b000-\U0001b2ff\U00020000-\U0003ffff]"  # Tangut, Kana, Nüshu; Han
)
# Zero-width non-joiner and joiner stand inside Persian and Indic words.
JOINERS: Final = "\u200c\u200d"
APOSTROPHES: Final = "'\u2019"
LAST_OF_LATIN: Final = "\u024f"


class Smoother:
    """Pure, the clock is passed in. Takes text as it arrives, gives what may go out now: whole words.

    No character is lost, changed or reordered. What is held waits at most `HOLD_SECONDS` after it arrived, provided
    that `release` is called at the time `due` tells. All times are seconds of one monotonic clock.
    """

    __slots__ = ("_due", "_held")

    def __init__(self) -> None:
        self._held = ""
        self._due = 0.0

    def push(self, text: str, now: float) -> str:
        """Take the next text. Returns what may go out now, perhaps nothing."""
        held = self._held
        if text[:1] == " " and len(text) <= LONGEST_WORD:
            # The commonest token of all, " word": ends the word before it and begins the next.
            word = text[1:]
            if word.isalpha() and (word.isascii() or not SPACELESS.search(word)):
                self._held, self._due = word, now + HOLD_SECONDS
                return held + " "
        ready = ""
        if held and now >= self._due:
            ready, held = held, ""
        cut = _word_start(text, held)
        if cut or not held:
            ready, held = ready + held + text[:cut], text[cut:]
            self._due = now + HOLD_SECONDS
        else:
            held += text
        if len(held) > LONGEST_WORD:
            ready, held = ready + held, ""
        self._held = held
        return ready

    def due(self) -> float | None:
        """The time by which what is held must go out; None if nothing is held."""
        return self._due if self._held else None

    def release(self, now: float) -> str:
        """Give up what is held if it is due, else nothing."""
        return self.flush() if now >= self._due else ""

    def flush(self) -> str:
        """Give up all that is held: at the end, and before anything that is not text."""
        held, self._held = self._held, ""
        return held


class WordWriter:
    """Appends entries to a log, text in whole words. All methods belong to the event loop."""

    def __init__(self, log: GenerationLog) -> None:
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._smoother = Smoother()
        self._timer: asyncio.TimerHandle | None = None

    def write(self, entry: Entry) -> None:
        """Append an entry, or as much of its text as is whole words; the rest follows within `HOLD_SECONDS`."""
        if type(entry) is not TextDelta:
            self.flush()
            self._log.append(entry)
            return
        if text := self._smoother.push(entry.content, self._loop.time()):
            self._log.append(TextDelta(text))
        if self._timer is None:
            self._wait()

    def flush(self) -> None:
        """Append what is held back."""
        if text := self._smoother.flush():
            self._log.append(TextDelta(text))

    def close(self) -> None:
        """Append what is held back; nothing more comes."""
        self.flush()
        if self._timer is not None:
            self._timer.cancel()

    def _wait(self) -> None:
        if (due := self._smoother.due()) is not None:
            self._timer = self._loop.call_at(due, self._release)

    def _release(self) -> None:
        self._timer = None
        if text := self._smoother.release(self._loop.time()):
            self._log.append(TextDelta(text))
        self._wait()


def _word_start(text: str, held: str) -> int:
    """Return where the part-word at the end of `text` begins; `len(text)` if there is none, 0 if `held` goes on."""
    start = end = len(text)
    stop = max(0, end - LONGEST_WORD - 1)
    while start > stop:
        char = text[start - 1]
        if not _is_of_word(char):
            # An apostrophe between letters is inside a word: "don't".
            before = text[start - 2] if start > 1 else held[-1:]
            if char not in APOSTROPHES or start == end or not before or not _is_of_word(before):
                break
        start -= 1
    if start or not held:
        # A word begins with a letter: an accent here belongs to something that went out, or goes now.
        while start < end and not text[start].isalpha():
            start += 1
    return start


def _is_of_word(char: str) -> bool:
    """Tell whether a character is a letter, or goes with one, in a script that has spaces between words."""
    if char <= LAST_OF_LATIN:
        return char.isalpha()
    if SPACELESS.match(char):
        return False
    return char.isalpha() or char in JOINERS or category(char)[0] == "M"
