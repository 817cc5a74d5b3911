"""An OpenID Connect provider in a process of its own: `python -m tests.harness.issuer`.

The provider of the package knows no PKCE. What stands in front of it refuses a code whose verifier does not fit, as one
that asks for it does (RFC 7636, section 4.6), and gives back the state with an error, too (RFC 6749, section 4.1.2.1).
"""

import json
import os
import subprocess
import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable
from hashlib import sha256
from io import BytesIO
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

from tests.harness import patience
from tests.harness.site import ROOT

CLIENT = {"OIDC_CLIENT_ID": "chatsite", "OIDC_CLIENT_SECRET": "a-secret-of-the-client", "OIDC_NAME": "Example"}
Start = Callable[..., Any]


class Issuer:
    """The running process; a context manager."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.harness.issuer"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        # Not 127.0.0.1: to another site's form the policy of our pages says no.
        self.url = f"http://localhost:{int(self._process.stdout.readline())}"
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.terminate()
        self._process.wait(patience.SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def tell(self, sub: str, **claims: object) -> None:
        """Have the provider say this of somebody from now on."""
        # Escaped, because some of what is told cannot be written otherwise.
        headers = {"Content-Type": "application/json"}
        said = json.dumps(claims)
        httpx2.put(f"{self.url}/users/{sub}", content=said, headers=headers, trust_env=False).raise_for_status()

    def come_back(self, url: str, sub: str) -> str:
        """Let the provider tell who one is, at the address that a site led to. Returns where it leads back to."""
        answer = httpx2.post(url, data={"sub": sub}, trust_env=False)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


class Conforming:
    """A WSGI application in front of the provider's."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application
        self._challenges: dict[str, str] = {}

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        query = parse_qs(environ["QUERY_STRING"])

        def remembering(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            location = dict(headers).get("Location", "")
            answered = parse_qs(urlsplit(location).query)
            if "error" in answered and "state" not in answered:
                location += f"&{urlencode({'state': query['state'][0]})}"
                headers = [*((name, value) for name, value in headers if name != "Location"), ("Location", location)]
            if code := answered.get("code"):
                assert query["code_challenge_method"] == ["S256"]
                self._challenges[code[0]] = query["code_challenge"][0]
            return start(status, headers, *rest)

        if environ["PATH_INFO"] == "/oauth2/token":
            body = environ["wsgi.input"].read()
            environ["wsgi.input"] = BytesIO(body)
            said = parse_qs(body.decode())
            verifier = said.get("code_verifier", [""])[0]
            challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
            if self._challenges.pop(said.get("code", [""])[0], None) != challenge:
                start("400 Bad Request", [("Content-Type", "application/json")])
                return [b'{"error": "invalid_grant"}']
        return self._application(environ, remembering)


def main() -> None:
    """Serve until terminated, on a free port, which is printed first."""
    import socket

    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    import uvicorn
    from oidc_provider_mock import app

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    config = uvicorn.Config(Conforming(app()), interface="wsgi", log_config=None)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
