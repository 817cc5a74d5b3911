"""What the page shows first stays where it is."""

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.talk import answers
from tests.harness.browser import DESKTOP, PHONE
from tests.harness.site import Site

SHIFTS = """window.shifted = 0;
new PerformanceObserver((list) => { for (const { value } of list.getEntries()) shifted += value; })
  .observe({ type: "layout-shift", buffered: true });"""
DRAFT = "Three lines\nthat were begun\nand not sent"
TALK = """
alice = User.objects.get(username="alice")
talk = Conversation.objects.create(owner=alice, title="Much to draw")
said = None
for number in range(12):
    asked = Message.objects.create(conversation=talk, parent=said, role="user", content=f"Question {number}?")
    said = Message.objects.create(conversation=talk, parent=asked, role="assistant", model="m", content='''
## A heading

It is $\\\\frac{1}{2}$ here, and below

$$\\\\sum_{i=0}^{n} \\\\frac{x_i}{y_i}$$

- one
- **two**

```python
print("three")
```
''')
print(talk.pk)
"""


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_moves_once_it_can_be_seen(page: Page, site: Site, size: ViewportSize) -> None:
    address = f"{site.url}/c/{site.shell(TALK)}"
    page.set_viewport_size(size)
    page.goto(address)
    page.get_by_role("textbox", name="Message").fill(DRAFT)
    page.add_init_script(SHIFTS)
    page.goto(address)
    expect(page.get_by_role("textbox", name="Message")).to_have_value(DRAFT)
    expect(answers(page).last.locator(".katex").first).to_be_in_viewport()
    page.wait_for_timeout(500)
    assert page.evaluate("shifted") < 0.02


def test_the_page_is_seen_also_where_its_scripts_do_not_come(page: Page, site: Site) -> None:
    page.route("**/main.js", lambda route: route.abort())
    page.goto(site.url)
    expect(page.get_by_role("textbox", name="Message")).to_be_visible()
