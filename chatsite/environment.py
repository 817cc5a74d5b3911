"""Reads settings from environment variables, strictly: a bad value is remembered as a problem, never guessed at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

FOREVER = "forever"
TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off"}


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
        word = self.text(name)
        if not word:
            return default
        try:
            value = float(word)
        except ValueError:
            value = 0.0
        if not 0 < value < float("inf"):
            self.problems.append(f"{name} must be a number of seconds above 0.")
            return default
        return value

    def grace(self, name: str, default: float) -> float | None:
        """A length of time in seconds, 0 allowed; None for the word `forever`."""
        word = self.text(name).lower()
        if word == FOREVER:
            return None
        if word in {"0", "0.0"}:
            return 0.0
        before = len(self.problems)
        value = self.seconds(name, default)
        if len(self.problems) > before:
            self.problems[-1] = f"{name} must be a number of seconds, 0 for at once, or {FOREVER}."
        return value

    def words(self, name: str, default: list[str] | None = None) -> list[str]:
        """A comma-separated list."""
        found = [word.strip() for word in self.text(name).split(",") if word.strip()]
        return found or list(default or [])

    def origins(self, name: str) -> list[str]:
        """A comma-separated list of origins, each with its scheme: `https://chat.example.org`."""
        found = self.words(name)
        if any(urlsplit(origin).scheme not in {"http", "https"} or not urlsplit(origin).netloc for origin in found):
            self.problems.append(f"{name} must list origins with their scheme, such as https://chat.example.org.")
            return []
        return found

    def url(self, name: str, schemes: set[str]) -> str:
        """An address with one of `schemes`, or an empty string."""
        value = self.text(name)
        if value and urlsplit(value).scheme not in schemes:
            self.problems.append(f"{name} must be an address that begins with one of: {', '.join(sorted(schemes))}.")
            return ""
        return value

    def path(self, name: str, default: Path) -> Path:
        """A path, made absolute; `~` is the home directory."""
        value = self.text(name)
        return Path(value).expanduser().resolve() if value else default
