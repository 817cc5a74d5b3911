"""What a second factor's secrets look like at rest, and the picture that takes one to a phone."""

import logging
from base64 import b32encode, urlsafe_b64encode
from functools import lru_cache
from hashlib import sha256
from io import BytesIO
from secrets import token_bytes
from typing import TYPE_CHECKING, Final

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import User
from django.utils.crypto import salted_hmac

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

logger = logging.getLogger(__name__)

SALT: Final = "chat.accounts.factor"


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets are encrypted under the site's secret key."""

    error_messages = {**DefaultMFAAdapter.error_messages, "incorrect_code": "That code is not right. Try the next one."}

    def get_totp_label(self, user: User) -> str:
        return user.get_username()

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002 - its name there
        return f"Passkey {Authenticator.objects.filter(user=user, type=type).count() + 1}"

    def build_totp_svg(self, url: str) -> str:
        """Return the address as a QR code, ready to stand inside a page: SVG without styles and without a prologue."""
        import qrcode
        from qrcode.image.svg import SvgPathImage

        buffer = BytesIO()
        qrcode.make(url, image_factory=SvgPathImage, border=2).save(buffer)
        return buffer.getvalue().decode().partition("?>")[2]

    def encrypt(self, text: str) -> str:
        return _cipher(settings.SECRET_KEY, tuple(settings.SECRET_KEY_FALLBACKS)).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret. Under another secret key nobody can read it: then it is one that nobody knows."""
        from cryptography.fernet import InvalidToken

        cipher = _cipher(settings.SECRET_KEY, tuple(settings.SECRET_KEY_FALLBACKS))
        try:
            return cipher.decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            logger.warning("A second factor was stored under another SECRET_KEY and opens nothing: an admin removes it")
            return b32encode(token_bytes(20)).decode()


@lru_cache(maxsize=1)
def _cipher(secret: str, older: tuple[str, ...]) -> "MultiFernet":
    # Imported late: only who uses a second factor needs it.
    from cryptography.fernet import Fernet, MultiFernet

    keys = [salted_hmac(SALT, "", secret=each, algorithm=sha256().name).digest() for each in (secret, *older)]
    return MultiFernet([Fernet(urlsafe_b64encode(key)) for key in keys])
