"""Reads settings from environment variables, strictly: a bad value is remembered as a problem, never guessed at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from math import inf, nan
from pathlib import Path
from urllib.parse import urlsplit

FOREVER = "forever"
TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off"}


def _is_address(value: str, schemes: set[str]) -> bool:
    try:
        parts = urlsplit(value)
        # Looking at the port checks it.
        return parts.scheme in schemes and (parts.port is None or parts.port > 0) and bool(parts.netloc or parts.path)
    except ValueError:
        return False


def _is_contact(value: str) -> bool:
    if not value.isascii() or not value.isprintable() or " " in value:
        return False
    if value.startswith("mailto:"):
        local, _, domain = value.removeprefix("mailto:").partition("@")
        return bool(local and domain)
    return _is_address(value, {"https"}) and bool(urlsplit(value).netloc)


@dataclass
class Environment:
    """Typed look-ups in `variables`.

    An unset or empty variable gives the default. A value that does not parse also gives the default, and a
    sentence in `problems`, which the system check `chat.E001` reports. Values are never quoted in it: they may
    be secrets.
    """

    variables: Mapping[str, str]
    problems: list[str] = field(default_factory=list)

    def text(self, name: str, default: str = "") -> str:
        """The value without surrounding white space."""
        return self.variables.get(name, "").strip() or default

    def flag(self, name: str, *, default: bool) -> bool:
        """A truth value: one of 1, true, yes, on, 0, false, no, off."""
        word = self.text(name).lower()
        if not word:
            return default
        if word not in TRUE_WORDS | FALSE_WORDS:
            self.problems.append(f"{name} must be one of 1, true, yes, on, 0, false, no, off.")
            return default
        return word in TRUE_WORDS

    def choice(self, name: str, words: tuple[str, ...]) -> str:
        """One of `words`, of which the first is the default."""
        word = self.text(name, words[0]).lower()
        if word not in words:
            self.problems.append(f"{name} must be one of {', '.join(words)}.")
            return words[0]
        return word

    def whole_number(self, name: str, default: int, *, minimum: int = 0) -> int:
        """A whole number, at least `minimum`."""
        word = self.text(name)
        if not word:
            return default
        if not word.isascii() or not word.isdigit() or int(word) < minimum:
            self.problems.append(f"{name} must be a whole number, {minimum} or more.")
            return default
        return int(word)

    def seconds(self, name: str, default: float) -> float:
        """A length of time in seconds, above zero."""
        value = self._number(name, default)
        if not 0 < value < inf:
            self.problems.append(f"{name} must be a number of seconds above 0.")
            return default
        return value

    def grace(self, name: str, default: float) -> float | None:
        """A length of time in seconds, 0 allowed; None for the word `forever`."""
        if self.text(name).lower() == FOREVER:
            return None
        value = self._number(name, default)
        if not 0 <= value < inf:
            self.problems.append(f"{name} must be a number of seconds, 0 for at once, or {FOREVER}.")
            return default
        return value

    def _number(self, name: str, default: float) -> float:
        try:
            return float(self.text(name) or default)
        except ValueError:
            return nan

    def words(self, name: str, default: list[str] | None = None) -> list[str]:
        """A comma-separated list."""
        found = [word.strip() for word in self.text(name).split(",") if word.strip()]
        return found or list(default or [])

    def origins(self, name: str) -> list[str]:
        """A comma-separated list of origins, each with its scheme: `https://chat.example.org`."""
        found = self.words(name)
        if any(not _is_address(origin, {"http", "https"}) for origin in found):
            self.problems.append(f"{name} must list origins with their scheme, such as https://chat.example.org.")
            return []
        return found

    def networks(self, name: str) -> list[IPv4Network | IPv6Network]:
        """A comma-separated list of addresses and networks: `127.0.0.1,10.0.0.0/8`."""
        try:
            return [ip_network(word, strict=False) for word in self.words(name)]
        except ValueError:
            self.problems.append(f"{name} must list addresses and networks, such as 127.0.0.1,10.0.0.0/8.")
            return []

    def url(self, name: str, schemes: set[str]) -> str:
        """An address with one of `schemes`, or an empty string."""
        value = self.text(name)
        if value and not _is_address(value, schemes):
            self.problems.append(f"{name} must be an address that begins with one of: {', '.join(sorted(schemes))}.")
            return ""
        return value

    def contacts(self, name: str) -> list[str]:
        """A comma-separated list of `mailto:` and https addresses (RFC 9116, 2.5.3)."""
        found = self.words(name)
        if not all(_is_contact(each) for each in found):
            self.problems.append(f"{name} must be mailto: with an address, or an address that begins with https://.")
            return []
        return found

    def path(self, name: str, default: Path) -> Path:
        """A path, made absolute; `~` is the home directory."""
        value = self.text(name)
        return Path(value).expanduser().resolve() if value else default
