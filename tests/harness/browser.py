"""Debian's chromium, headless, and the two screens on which pages are looked at."""

import os
import shutil
from typing import Final

from playwright.sync_api import Page

from tests.harness.site import Site

# The one without windows opens a page in a fifth of the time that the one with windows takes.
CHROMIUM: Final = shutil.which("chromium-headless-shell") or shutil.which("chromium")
# Work that has processes of its own for safety's sake costs a tenth more of each page there.
IN_PROCESS: Final = ("--in-process-gpu", "--enable-features=NetworkServiceInProcess2")
# As root, as in most containers, chromium's sandbox cannot be set up.
FLAGS: Final = [
    *IN_PROCESS,
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
]
DESKTOP: Final = {"width": 1280, "height": 800}
PHONE: Final = {"width": 390, "height": 844}


def sign_in(page: Page, site: Site, person: str) -> Page:
    """Open the first page as somebody who has signed in."""
    page.context.add_cookies(site.cookies(person))  # type: ignore[arg-type]
    page.goto(f"{site.url}/")
    return page
