"""Headers of Django's own middleware. The site runs subclasses, which Django's deployment checks do not see."""

from pathlib import Path

import httpx2

from tests.harness.site import Site

HTTPS = {"X-Forwarded-Proto": "https"}
EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def test_behind_tls_everything_is_https_and_says_so(tmp_path: Path) -> None:
    with (
        Site(tmp_path, {"CSRF_TRUSTED_ORIGINS": "https://chat.example.org"}) as site,
        httpx2.Client(base_url=site.url, trust_env=False) as client,
    ):
        plain = client.get("/accounts/login/")
        assert (plain.status_code, plain.headers["Location"]) == (301, f"https{site.url[4:]}/accounts/login/")
        page = client.get("/accounts/login/", headers=HTTPS)
        assert page.status_code == 200
        assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
        for name, value in EXPECTED.items():
            assert page.headers[name] == value
        assert client.post("/accounts/login/", data={"login": "alice"}, headers=HTTPS).status_code == 403
