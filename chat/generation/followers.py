"""How many streams each person follows at once in this process: each takes a connection, and memory."""

from threading import Lock
from typing import Final

from chat.errors import ChatError

# A place is free as soon as any of them ends, which nobody can foretell.
AGAIN_SECONDS: Final = 5.0

_following: dict[int, int] = {}
# Django closes responses in a thread.
_lock = Lock()


class Place:
    """One follower's place, taken until it is left."""

    def __init__(self, user_id: int, most: int) -> None:
        """Take a place. Raises ChatError `rate_limit` where `most` are taken; 0 is no limit."""
        self._user_id: int | None = user_id
        with _lock:
            count = _following.get(user_id, 0)
            if most and count >= most:
                message = f"You follow as many answers at once as allowed ({most}). Close one, or wait for its end."
                raise ChatError("rate_limit", message, retry_after=AGAIN_SECONDS)
            _following[user_id] = count + 1

    def leave(self) -> None:
        """Give the place up; a second time changes nothing."""
        with _lock:
            if self._user_id is None:
                return
            left = _following[self._user_id] - 1
            if left:
                _following[self._user_id] = left
            else:
                del _following[self._user_id]
            self._user_id = None
