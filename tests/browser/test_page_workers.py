"""Nothing but the scripts of the page may be a worker of it."""

import pytest
from playwright.sync_api import Browser, Error

from tests.browser.renderer import prepare
from tests.harness.browser import sign_in
from tests.harness.site import Site


def test_nothing_but_the_pages_own_workers_may_be_one(browser: Browser, site: Site) -> None:
    # What is refused here is written to the console.
    with browser.new_context() as context:
        page = prepare(sign_in(context.new_page(), site, "alice"))
        with pytest.raises(Error, match="TrustedScriptURL"):
            page.evaluate("() => { new Worker('/static/chat/main.js') }")
        for name in ("main", "../main", "toString"):
            with pytest.raises(Error, match="no such worker"):
                page.evaluate(
                    "async (name) => { const { createWorker } = await import('/static/chat/markdown/worker.js');"
                    " await createWorker(name, 1000)('', () => {}) }",
                    name,
                )
        with pytest.raises(Error, match="disallowed"):
            page.evaluate("() => { trustedTypes.createPolicy('another', {}) }")
