"""How long tests wait for what must come: a bound, no measure. Few lines, because that is all they share."""

from typing import Final

# Many times what anything takes on a machine of one's own; others may be at work on this one.
SECONDS: Final = 120.0
