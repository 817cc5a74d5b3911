"""The client's address: from `X-Forwarded-For` where a trusted proxy sent it, else that of the connection."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

Network = IPv4Network | IPv6Network
UNKNOWN: Final = "unknown"


def client_address(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """Return the client's address: the peer's, or what trusted proxies say.

    `forwarded` is X-Forwarded-For. Each proxy appends whom it was called by, so it is read from the right, as long as
    the proxy that says so is trusted; what stands further left may have been invented by the client.
    """
    client = _parse(peer)
    if client is None:
        return peer or UNKNOWN
    for word in reversed(forwarded.split(",")):
        if not any(client in network for network in trusted):
            break
        named = _parse(word)
        if named is None:
            break
        client = named
    return str(client)


def is_untrusted_proxy(peer: str, forwarded: str, trusted: Sequence[Network]) -> bool:
    """Whether a proxy seems to have been forgotten: one in a private network, where none is trusted."""
    address = _parse(peer) if forwarded and not trusted else None
    return address is not None and not address.is_global


def _parse(word: str) -> IPv4Address | IPv6Address | None:
    word = word.strip().strip('"')
    if word.startswith("["):
        word = word[1:].partition("]")[0]
    elif word.count(":") == 1:
        # With a port, as some proxies write it.
        word = word.partition(":")[0]
    try:
        address = ip_address(word.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
