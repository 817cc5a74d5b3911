"""Splits thoughts off the beginning of an answer, where a server leaves them in the text between `<think>` tags.

llama.cpp, vLLM and others do that without a parser for the model at hand. Where the model's template opens the tag, an
answer has only the closing one: then all before it was thought, which is known too late for those who have read it as
text (`Reclassified`), and from then on beforehand (`begins_in_thought`). An answer that then ends without the tag did
not begin in thought.
"""

import re
from typing import Final, Literal

from chat.events import Delta, ReasoningDelta, Reclassified, TextDelta

OPENING: Final = "<think>"
CLOSING: Final = "</think>"
FENCE: Final = "```"
# A tag that stands between two of these is talked about.
QUOTES: Final = frozenset("`\"'“”„‘’«»")
# More blanks than these are not held back to see what they belong to: each piece of them would be looked at again with
# all before it.
MOST_BLANKS: Final = 1000
# What stands between a closing tag and the answer: the rest of its line, and empty lines.
GAP: Final = re.compile(r"[ \t]*(?:\r?\n(?:[ \t]*\r?\n)*)?")

Place = Literal["start", "thought", "behind", "text", "after", "done"]


class ThoughtSplitter:
    """Splits one answer. Tags may be cut anywhere; one that is never closed makes all that follows a thought.

    An opening tag counts only before any text; a closing one that nothing opened only outside of code, quotes and JSON,
    and only at the start where the server has told thoughts apart itself. Blanks around a thought are left out, if
    there is an end to them; all else stays.
    """

    def __init__(self, *, begins_in_thought: bool = False) -> None:
        self._place: Place = "thought" if begins_in_thought else "start"
        # In a thought: whether a tag opened it, and whether none of it was given yet.
        self._is_opened = False
        self._is_fresh = True
        # The thought so far that no tag opened: an answer, if none closes it either.
        self._unopened: list[str] = []
        self._held = ""
        # Of the text so far: whether it is JSON, fences of code, backticks at its end, and any quote there.
        self._is_json = False
        self._fences = 0
        self._ticks = ""
        self._ends_in_quote = False

    @property
    def is_plain(self) -> bool:
        """Whether text goes on as it is, unless there is a sign of a tag or of code in it."""
        return self._place == "done" or (
            self._place == "text" and not (self._held or self._ticks or self._ends_in_quote)
        )

    def split(self, delta: Delta) -> list[Delta]:
        """Return what a delta adds to thoughts and text, as far as that is known by now."""
        if isinstance(delta, TextDelta):
            if self._place == "done":
                return [delta]
            return self._take(self._held + delta.content)
        if isinstance(delta, ReasoningDelta) and not self._is_opened:
            # The server tells thoughts apart itself; of a tag at most the closing one can still be there.
            if self._place in ("text", "done"):
                # In the middle of an answer; what is held of its text comes before.
                held, self._held, self._place = self._held, "", "done"
                return [TextDelta(held), delta] if held else [delta]
            self._place = "after"
        return [delta]

    def flush(self, *, is_whole: bool = False) -> list[Delta]:
        """Return what was held back, at the end; `is_whole` says that the model ended its answer there.

        A whole answer that was only supposed to begin in thought is told again, as text: to hear it twice is better
        than to miss it.
        """
        held, self._held = self._held, ""
        if self._place == "thought":
            found: list[Delta] = [ReasoningDelta(held)] if held.strip() else []
            if is_whole and not self._is_opened and (answer := "".join((*self._unopened, held)).rstrip()):
                found.append(TextDelta(answer))
            return found
        if self._place == "text" and held == CLOSING and not self._is_talked_about(""):
            return [Reclassified()]
        return [] if self._place == "behind" or not held else [TextDelta(held)]

    def _take(self, text: str) -> list[Delta]:
        found: list[Delta] = []
        self._held = ""
        steps = {
            "start": self._start,
            "thought": self._thought,
            "behind": self._behind,
            "text": self._text,
            "after": self._after,
        }
        while text and (step := steps.get(self._place)):
            text = step(text, found)
        if text:
            found.append(TextDelta(text))
        return found

    # Each takes what it can of a text, and returns the rest for the place where that belongs; what has to wait is held.

    def _start(self, text: str, found: list[Delta]) -> str:
        words = text.lstrip()
        if words.startswith(OPENING):
            self._place, self._is_opened = "thought", True
            return words[len(OPENING) :]
        if words.startswith(CLOSING):
            self._place = "behind"
            return words[len(CLOSING) :]
        if (OPENING.startswith(words) or CLOSING.startswith(words)) and len(text) <= MOST_BLANKS:
            self._held = text
            return ""
        self._place = "text"
        self._is_json = words[:1] in ("{", "[")
        return text

    def _after(self, text: str, found: list[Delta]) -> str:
        words = text.lstrip()
        if words.startswith(CLOSING):
            self._place = "behind"
            return words[len(CLOSING) :]
        if CLOSING.startswith(words) and len(text) <= MOST_BLANKS:
            self._held = text
            return ""
        self._place = "done"
        return text

    def _thought(self, text: str, found: list[Delta]) -> str:
        if self._is_fresh:
            text = text.lstrip()
            if not self._is_opened:
                if OPENING.startswith(text):
                    self._held = text
                    return ""
                if text.startswith(OPENING):
                    self._is_opened = True
                    return text[len(OPENING) :]
        thought, closing, rest = text.partition(CLOSING)
        if closing:
            self._place = "behind"
            thought = thought.rstrip()
        else:
            whole = len(text) - _begun(text, CLOSING)
            self._held = text[len(text[:whole].rstrip()) :]
            if len(self._held) > MOST_BLANKS:
                self._held = text[whole:]
            thought = text[: len(text) - len(self._held)]
        if thought:
            self._is_fresh = False
            found.append(ReasoningDelta(thought))
            if not self._is_opened:
                self._unopened.append(thought)
        return rest

    def _behind(self, text: str, found: list[Delta]) -> str:
        if text.isspace() and len(text) <= MOST_BLANKS:
            self._held = text
            return ""
        self._place = "done"
        gap = GAP.match(text)
        return text[gap.end() :] if gap else text

    def _text(self, text: str, found: list[Delta]) -> str:
        at = text.find(CLOSING)
        opening = text.find(OPENING)
        if opening >= 0 and (at < 0 or opening < at):
            # It talks about the tag.
            self._place = "done"
            return text
        if at < 0:
            held = max(_begun(text, CLOSING), _begun(text, OPENING))
            self._held = text[len(text) - held :]
            self._give(text[: len(text) - held], found)
            return ""
        self._give(text[:at], found)
        rest = text[at + len(CLOSING) :]
        if not rest:
            # What comes next may be a quote.
            self._held = CLOSING
        elif self._is_talked_about(rest):
            self._give(CLOSING, found)
        else:
            self._place = "behind"
            found.append(Reclassified())
        return rest

    def _is_talked_about(self, rest: str) -> bool:
        """Whether a closing tag that follows the text so far, and comes before `rest`, is a part of what is said."""
        is_quoted = self._ends_in_quote and rest[:1] in QUOTES
        return bool(self._fences % 2) or bool(self._ticks) or self._is_json or is_quoted

    def _give(self, text: str, found: list[Delta]) -> None:
        if text:
            self._pass(text)
            found.append(TextDelta(text))

    def _pass(self, text: str) -> None:
        run = self._ticks + text
        self._fences += run.count(FENCE)
        self._ticks = "`" * ((len(run) - len(run.rstrip("`"))) % len(FENCE))
        self._ends_in_quote = text[-1] in QUOTES


def _begun(text: str, tag: str) -> int:
    """Return how many characters at the end of `text` may be the beginning of a tag."""
    at = text.rfind("<")
    return len(text) - at if at >= 0 and tag.startswith(text[at:]) else 0
