"""Cuts from a continuation what it repeats of the answer so far."""

from typing import Final

# A continuation is held back this long to see whether it begins by repeating the end of the partial...
OVERLAP_CHARS: Final = 200
# ...which less than this many equal characters do not prove.
PROOF_CHARS: Final = 12


class OverlapTrimmer:
    """Joins a continuation to the partial: what the model repeats of its end is left out, and kept in `cut`.

    `is_done`: all that may be left out was decided on; text goes on as it is.
    """

    def __init__(self, partial: str) -> None:
        self._partial = partial[-OVERLAP_CHARS:]
        self._held = ""
        self.cut = ""
        self.is_done = not partial

    def join(self, text: str) -> str:
        """Return what of `text` is new; nothing while that cannot be told yet."""
        if self.is_done:
            return text
        self._held += text
        # As long as all that came is found in the end of the partial, it may be a repetition that goes on.
        if len(self._held) < OVERLAP_CHARS and self._held in self._partial:
            return ""
        return self.rest()

    def forget(self) -> None:
        """Hold back nothing any more: what came so far is no part of the answer."""
        if not self.is_done:
            self.cut, self._held, self.is_done = self._held, "", True

    def rest(self) -> str:
        """Return what is still held back, without the repetition."""
        if self.is_done:
            return ""
        held, partial = self._held, self._partial
        self._held, self.is_done = "", True
        longest = min(len(held), len(partial))
        for length in range(longest, PROOF_CHARS - 1, -1):
            if partial.endswith(held[:length]):
                self.cut = held[:length]
                return held[length:]
        return held
