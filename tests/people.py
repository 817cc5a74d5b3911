"""What people do on pages, over plain HTTP."""

import httpx2

NEW_PASSWORD = "a fresh battery staple"


def redeem(url: str, username: str) -> int:
    """Open the set-up link and make an account there. Returns the status of the answer."""
    with httpx2.Client(trust_env=False, timeout=60) as client:
        client.get(url)
        token = client.cookies.get("csrftoken", "")
        form = {"username": username, "password": NEW_PASSWORD, "csrfmiddlewaretoken": token}
        return client.post(url, data=form).status_code
