"""What stands in for a person's phone: codes of an authenticator app, and a passkey inside the browser."""

import base64
import hmac
import struct
import time

from playwright.sync_api import Page

# RFC 6238: the usual app.
STEP_SECONDS = 30
DIGITS = 6


def code(key: str, *, steps_ahead: int = 0) -> str:
    """Return what an authenticator app shows for a key, now or some steps ahead. Source: RFC 6238 and RFC 4226."""
    counter = struct.pack(">Q", int(time.time()) // STEP_SECONDS + steps_ahead)
    digest = hmac.digest(base64.b32decode(key), counter, "sha1")
    start = digest[-1] & 0xF
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def plug_in(page: Page) -> None:
    """Give the browser an authenticator that holds passkeys and always says that it was its owner who touched it."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable", {"enableUI": False})
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
