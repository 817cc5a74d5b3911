"""What stays true of an answer and is told with it: as a `status` event with attempt 0, and with the message."""

from typing import Final

TRIMMED: Final = "Older messages were not sent: together they are more than the model takes."
UNREADABLE: Final = "A piece of this answer could not be read and may be missing."


def notes_of(*, is_trimmed: bool, has_gaps: bool) -> list[str]:
    """Return what is to be told of an answer: whether older messages were not sent, or a piece could not be read."""
    told = ((is_trimmed, TRIMMED), (has_gaps, UNREADABLE))
    return [note for is_true, note in told if is_true]
