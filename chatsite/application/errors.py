"""Headers of every answer, also of those that the server gives before any application is asked: no Django here."""

from typing import Final

# Without it a browser resolves the host of a link on an http site as soon as somebody points at it: the resolver
# learns what an answer names.
NO_PREFETCH: Final = ("X-DNS-Prefetch-Control", "off")
