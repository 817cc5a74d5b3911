"""Where a continuation meets the partial that it continues."""

from typing import Final

# A continuation is held back this long to see whether it begins by repeating the end of the partial...
OVERLAP_CHARS: Final = 200
# ...which less than this many equal characters do not prove.
PROOF_CHARS: Final = 12


class Seam:
    """Joins a continuation to the partial: what the model repeats of its end is left out."""

    def __init__(self, partial: str) -> None:
        self._partial = partial[-OVERLAP_CHARS:]
        self._held = ""

    def join(self, text: str) -> str:
        """Return what of `text` is new; nothing while that cannot be told yet."""
        if not self._partial:
            return text
        self._held += text
        # As long as all that came is found in the end of the partial, it may be a repetition that goes on.
        if len(self._held) < OVERLAP_CHARS and self._held in self._partial:
            return ""
        return self.rest()

    def forget(self) -> None:
        """Hold back nothing any more: what came so far is no part of the answer."""
        self._held = self._partial = ""

    def rest(self) -> str:
        """Return what is still held back, without the repetition."""
        held, partial = self._held, self._partial
        self._held = self._partial = ""
        longest = min(len(held), len(partial))
        for length in range(longest, PROOF_CHARS - 1, -1):
            if partial.endswith(held[:length]):
                return held[length:]
        return held
