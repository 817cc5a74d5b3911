"""What people do on pages, over plain HTTP."""

from concurrent.futures import ThreadPoolExecutor

import httpx2

from tests.harness import patience

NEW_PASSWORD = "a fresh battery staple"


def redeem_at_once(url: str, times: int) -> list[int]:
    """Open the set-up link and make as many accounts there at once. Returns the statuses, sorted."""
    with httpx2.Client(trust_env=False) as client:
        client.get(url)
        token = client.cookies["csrftoken"]

    def post(number: int) -> int:
        form = {"username": f"admin{number}", "password": NEW_PASSWORD, "csrfmiddlewaretoken": token}
        with httpx2.Client(trust_env=False, timeout=patience.SECONDS, cookies={"csrftoken": token}) as client:
            return client.post(url, data=form).status_code

    with ThreadPoolExecutor(times) as pool:
        return sorted(pool.map(post, range(times)))
