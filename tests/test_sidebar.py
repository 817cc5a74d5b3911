"""What the page remembers and shows at once: the list of conversations, a closed sidebar, a theme."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chat.models import Conversation
from chat.views.listing import cursor_of
from tests.test_pages import Page, page, talk

pytestmark = pytest.mark.django_db


def test_the_sidebar_lists_the_newest_first_and_knows_where_the_older_ones_begin(browser: Client, ada: User) -> None:
    for number in range(50):
        Conversation.objects.create(owner=ada, title=f"Number {number}")
    found = page(browser, "/")
    titles = [each["title"] for each in found.all("a") if each.get("href", "").startswith("/c/")]
    assert titles == [f"Number {number}" for number in reversed(range(50))]
    assert "data-cursor" not in found.all("div", id="conversations")[0]
    Conversation.objects.create(owner=ada, title="One more")
    cursor = page(browser, "/").all("div", id="conversations")[0]["data-cursor"]
    assert cursor == cursor_of(Conversation.objects.get(title="Number 1"))


def test_the_open_conversation_is_marked(browser: Client, ada: User) -> None:
    conversation = talk(ada, "Why?")
    talk(ada, "Other")
    marked = page(browser, f"/c/{conversation.pk}").all("a", aria_current="page")
    assert [each["href"] for each in marked] == [f"/c/{conversation.pk}"]


def test_a_closed_sidebar_stays_closed_on_the_next_page(browser: Client) -> None:
    assert page(browser, "/").all("html", data_sidebar="open")
    browser.cookies["sidebar"] = "closed"
    assert page(browser, "/").all("html", data_sidebar="closed")
    browser.cookies["sidebar"] = '"><script>'
    assert page(browser, "/").all("html", data_sidebar="open")


def test_pinned_conversations_stand_in_the_page_however_old_they_are(browser: Client, ada: User) -> None:
    Conversation.objects.create(owner=ada, title="Old friend", pinned=True)
    for number in range(51):
        Conversation.objects.create(owner=ada, title=f"Number {number}")
    entries = [each for each in page(browser, "/").all("li") if each.get("data-conversation-id")]
    assert len(entries) == 51
    assert [("data-pinned" in each) for each in entries[:2]] == [True, False]


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/nowhere"])
def test_a_theme_once_chosen_is_rendered_at_once(browser: Client, path: str) -> None:
    def theme() -> str | None:
        browser.cookies["sessionid"] = session if path == "/" else ""
        return Page(browser.get(path).content.decode()).all("html")[0].get("data-theme")

    session = browser.cookies["sessionid"].value
    assert theme() is None
    for chosen, rendered in (("dark", "dark"), ("light", "light"), ("system", None), ('"><script>', None)):
        browser.cookies["theme"] = chosen
        assert theme() == rendered
