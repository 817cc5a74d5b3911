"""What comes instead of a passkey is not right, at every door that takes one, and nothing worse."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any, Final

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import User
from django.test import Client, override_settings

from tests.test_accounts import KEY, PASSWORD, enter

pytestmark = pytest.mark.django_db


def b64(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def answer(user_handle: object = "MQ", **response: Any) -> str:
    """Return what a browser says of a passkey, in the right shape, with these parts."""
    parts = {"clientDataJSON": b64(b'{"type": "webauthn.get", "challenge": "AA", "origin": "http://testserver"}')}
    parts |= {"authenticatorData": b64(bytes(37)), "signature": b64(b"none")}
    said = {"id": "AA", "rawId": "AA", "type": "public-key", "clientExtensionResults": {}}
    return json.dumps({**said, "response": {**parts, "userHandle": user_handle, **response}})


HOSTILE: Final = {
    "no json": "no json",
    "null": "null",
    "number": "1",
    "text": '"text"',
    "list": "[]",
    "empty": "{}",
    "deep": "[" * 100_000,
    "name only": '{"id": "made up"}',
    "no bytes": answer(authenticatorData="", signature="", clientDataJSON=""),
    "response is text": '{"id": "AA", "rawId": "AA", "type": "public-key", "response": "text"}',
    "response is null": '{"id": "AA", "rawId": "AA", "type": "public-key", "response": null}',
    "handle is a number": answer(7),
    "handle is no text": answer(b64(b"\xff\xfe")),
    "handle is huge": answer(b64(b"zzzzzzzzzzzzz")),
    "handle is longer": answer(b64(b"z" * 5000)),
    "handle is nobody's": answer(b64(b"zzz")),
    "right shape": answer(),
    "surrogate": answer(clientDataJSON="\ud800"),
    "client data is no json": answer(clientDataJSON=b64(b"\xff")),
    "client data is a list": answer(clientDataJSON=b64(b"[]")),
    "extensions without end": answer(authenticatorData=b64(bytes(32) + b"\x85" + bytes(4) + b"\x81" * 5000)),
    "attested": answer(authenticatorData=b64(bytes(32) + b"\x45" + bytes(4) + bytes(16) + b"\x00\x02AAz")),
    "attestation": answer(attestationObject=b64(b"\x81" * 5000)),
    "attestation of nothing": answer(attestationObject=b64(b"\xa0")),
}


@pytest.fixture
def ada() -> Iterator[User]:
    # Slow hashes are not what is tested here.
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield User.objects.create_user("ada", password=PASSWORD)


@pytest.mark.parametrize("credential", HOSTILE.values(), ids=HOSTILE)
def test_nothing_that_is_sent_for_a_passkey_lets_in_or_is_an_error_of_the_site(ada: User, credential: str) -> None:
    stranger = Client()
    stranger.get("/accounts/login/", HTTP_X_REQUESTED_WITH="XMLHttpRequest")
    stranger.get("/accounts/passkey/", HTTP_X_REQUESTED_WITH="XMLHttpRequest")
    assert stranger.post("/accounts/passkey/", {"credential": credential})["Location"] == "/accounts/login/"
    assert "_auth_user_id" not in stranger.session

    member = Client()
    enter(member)
    member.post("/accounts/confirm/", {"password": PASSWORD})
    page = member.get("/settings/two-factor/passkeys/add/")
    assert page.status_code == 200
    again = member.post("/settings/two-factor/passkeys/add/", {"name": "mine", "credential": credential})
    assert again.status_code == 200
    assert not ada.authenticator_set.exists()  # type: ignore[attr-defined]

    TOTP.activate(ada, KEY)
    half_way = Client()
    assert enter(half_way) == "/accounts/two-factor/"
    half_way.get("/accounts/two-factor/")
    refused = half_way.post("/accounts/two-factor/", {"credential": credential})
    assert refused.status_code in {200, 302}
    assert "_auth_user_id" not in half_way.session
    member.get("/accounts/passkey/confirm/")
    refused = member.post("/accounts/passkey/confirm/", {"credential": credential})
    assert refused.status_code in {200, 302}
