"""The mail server, read from `EMAIL_URL`."""

from dataclasses import dataclass
from email.utils import parseaddr
from typing import Final
from urllib.parse import unquote, urlsplit

from chatsite.configuration.environment import Environment

# Each scheme and its port. Source: RFC 8314 (465 is TLS from the first byte), RFC 6409 (587 is for submission).
PORTS: Final = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
EXAMPLE: Final = "such as smtp+tls://name:password@mail.example.org:587 (name and password percent-encoded)"
SHAPE: Final = f"EMAIL_URL must be an address that begins with smtp://, smtp+tls:// or smtps://, {EXAMPLE}."
HALF: Final = "EMAIL_URL must have both a name and a password, or neither."
SENDER: Final = "DEFAULT_FROM_EMAIL must be a mail address, such as chat@example.org or Chat <chat@example.org>."
NO_SENDER: Final = f"{SENDER[:-1]}; EMAIL_URL is set, and its name is none."
LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server, and the sender of mail. `scheme` is one of `PORTS` and tells what is encrypted."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    sender: str

    @property
    def address(self) -> str:
        """What may be shown of it: no name and no password."""
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def tells_password(self) -> bool:
        """Whether the password is sent over a network without encryption."""
        return self.scheme == "smtp" and bool(self.password) and self.host not in LOCAL


def mail_server(env: Environment) -> MailServer | None:
    """Return the server that `EMAIL_URL` names; None where it is empty, or wrong, which is a problem of `env`."""
    url = env.text("EMAIL_URL")
    sender = env.text("DEFAULT_FROM_EMAIL")
    if sender and not is_sender(sender):
        env.problems.append(SENDER)
        return None
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        env.problems.append(SHAPE)
        return None
    if (
        parts.scheme not in PORTS
        or not host
        or port == 0
        or parts.path not in {"", "/"}
        or parts.query
        or parts.fragment
    ):
        env.problems.append(SHAPE)
        return None
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        env.problems.append(HALF)
        return None
    if not sender and not is_sender(user):
        env.problems.append(NO_SENDER)
        return None
    return MailServer(parts.scheme, host, port or PORTS[parts.scheme], user, password, sender or user)


def is_sender(text: str) -> bool:
    """Whether mail may be from there: `chat@example.org` or `Chat <chat@example.org>`, on one line."""
    name, address = parseaddr(text)
    local, _, domain = address.rpartition("@")
    rest = text.replace(address, "", 1).replace(name, "", 1).strip(' "<>')
    return text.isprintable() and bool(local and domain) and not set(address) & set(' ,;<>"') and not rest
