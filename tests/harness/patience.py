"""How long tests wait for what must come: a bound for what went wrong, and not a measure of anything."""

from typing import Final

# Many times what anything takes on a machine of one's own; others may be at work on this one.
SECONDS: Final = 120.0
