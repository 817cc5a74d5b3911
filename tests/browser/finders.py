"""People with lists of conversations of their own, and what stands in such a list."""

from dataclasses import dataclass

import httpx2
from playwright.sync_api import Locator, Page

from tests.harness import patience
from tests.harness.browser import sign_in
from tests.harness.site import PASSWORD, Site

# What stands in the list, how many days ago something was said in it, and whether it is pinned.
TALKS = (
    ("Bicycles", 0, False),
    ("Bridges", 0, False),
    ("Snow", 1, False),
    ("Taxes", 4, False),
    ("Old friend", 400, True),
)

MANY = tuple((f"Number {number}", number % 60, False) for number in range(170))

# Everybody at once: each start of Python costs the tests most of a second.
MAKE = f"""
from datetime import timedelta
from django.contrib.auth.hashers import make_password
from django.utils import timezone
password = make_password({PASSWORD!r})
now = timezone.now()
def make(name, talks):
    user = User.objects.create(username=name, password=password)
    words = [name]
    for number, (title, days, pinned) in enumerate(talks):
        then = now - timedelta(days=days, seconds=number)
        talk = Conversation.objects.create(owner=user, title=title, pinned=pinned, updated_at=then)
        said = Message.objects.create(conversation=talk, role="user", content="Tell me about " + title)
        told = "The zebra of " + title
        Message.objects.create(conversation=talk, parent=said, role="assistant", content=told, model="gpt-4o-mini")
        words.append(str(talk.pk))
    print(*words, ApiKey.issue(user, "tests")[1])
for number in range(COUNT):
    make(f"NAME-{{number}}", {TALKS!r})
make("NAME-collector", {MANY!r})
"""

COUNT = 20


@dataclass(frozen=True)
class Person:
    """Somebody with a list of their own. `talks` are the ids of TALKS."""

    site: Site
    name: str
    talks: list[str]
    key: str

    def client(self) -> httpx2.Client:
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx2.Client(base_url=self.site.url, headers=headers, timeout=patience.SECONDS, trust_env=False)

    def sign_in(self, page: Page) -> Page:
        return sign_in(page, self.site, self.name)


def crowd_of(site: Site, name: str, count: int) -> list[Person]:
    """Return so many people who know TALKS, and last one with more conversations than a page of the list has."""
    lines = site.shell(*MAKE.replace("COUNT", str(count)).replace("NAME", name).strip().split("\n")).strip().split("\n")
    return [Person(site, name, talks, key) for name, *talks, key in map(str.split, lines)]


def conversations(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Conversations")


def entry(page: Page, title: str) -> Locator:
    return conversations(page).get_by_role("listitem").filter(has=page.get_by_role("link", name=title, exact=True))


def choose(page: Page, title: str, what: str) -> None:
    """Choose from an entry's menu."""
    entry(page, title).hover()
    entry(page, title).get_by_role("button", name="Options for").click()
    page.get_by_role("menuitem", name=what, exact=True).click()


def titles(page: Page, section: str) -> Locator:
    return conversations(page).get_by_role("list", name=section).get_by_role("link")
