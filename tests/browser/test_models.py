"""Choosing among very many models: searched, grouped, kept at hand, priced in words; never one that nobody chose."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import choose_model, chosen_model, settled
from tests.harness.browser import PHONE, sign_in
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream

# As a gateway has them.
CATALOG = """
from chat.models import ChatModel, Price, Provider
local = Provider.objects.get(name="openai")
far = Provider.objects.create(name="gateway", base_url=local.address, api_key_variable="OPENAI_API_KEY")
for number in range(300):
    row = ChatModel.objects.create(
        name=f"maker{number % 20}/model-{number}", upstream_name=f"m{number}", provider=far, position=number,
        context_window=128_000, description="Good at Malayāḷam" if number == 77 else "")
    if number != 78:
        row.prices.create(input_per_million="0.15", output_per_million="0.6")
"""


@pytest.fixture(scope="module")
def crowded(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    environment = {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": "sk-test-0123456789"}
    with Site(tmp_path_factory.mktemp("crowded") / "data", environment) as running:
        running.until_listed("gpt-4o")
        running.shell(CATALOG)
        yield running


def opened(page: Page) -> Locator:
    chosen_model(page).click()
    return page.get_by_role("dialog", name="Choose a model")


def names(models: Locator) -> list[str]:
    return models.locator(".model-name").all_text_contents()


@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desktop", "phone"])
def test_one_of_three_hundred_is_found_by_what_is_known_of_it(
    open_page: OpenPage, crowded: Site, viewport: dict[str, int] | None
) -> None:
    page = sign_in(open_page(viewport), crowded, "alice")
    models = opened(page)
    assert len(names(models)) > 300
    assert "gateway" in models.get_by_role("heading").all_text_contents()
    models.get_by_role("searchbox", name="Search models").fill("malayalam")
    assert names(models) == ["maker17/model-77"]
    row = models.get_by_role("button", name="maker17/model-77").first
    expect(row).to_contain_text("$0.15 in · $0.60 out")
    expect(row).to_contain_text("Good at Malayāḷam · 128k context")
    expect(models).to_contain_text("Prices are for a million tokens")
    models.get_by_role("searchbox").fill("model78")
    expect(models.locator(".model-price")).to_have_text("")
    models.get_by_role("searchbox").fill("there is none")
    expect(models.get_by_text("No model is called that.")).to_be_visible()
    models.get_by_role("searchbox").fill("maker17 77")
    page.keyboard.press("Enter")
    expect(models).to_be_hidden()
    expect(chosen_model(page)).to_have_text("maker17/model-77")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_nobody_is_sent_to_the_first_of_many_and_the_text_stays_until_one_is_chosen(
    open_page: OpenPage, crowded: Site
) -> None:
    page = sign_in(open_page(), crowded, "bob")
    expect(chosen_model(page)).to_have_text("Choose a model")
    box = page.get_by_role("textbox", name="Message")
    box.fill("whom do I ask?")
    page.keyboard.press("Enter")
    models = page.get_by_role("dialog", name="Choose a model")
    models.get_by_role("searchbox").fill("gpt-4o-mini")
    page.keyboard.press("Enter")
    expect(box).to_have_value("whom do I ask?")
    expect(box).to_be_focused()
    page.reload()
    expect(chosen_model(page)).to_have_text("gpt-4o-mini")
    page.get_by_role("button", name="Send").click()
    settled(page.locator("article[data-role=assistant]"))


def test_the_admins_default_is_what_a_newcomer_begins_with(open_page: OpenPage, crowded: Site) -> None:
    crowded.shell("ChatModel.objects.filter(name='maker5/model-5').update(is_default=True)")
    try:
        page = sign_in(open_page(), crowded, "charlie")
        expect(chosen_model(page)).to_have_text("maker5/model-5")
    finally:
        crowded.shell("ChatModel.objects.update(is_default=False)")


def test_favourites_stand_first_on_every_device_and_then_those_used_last(open_page: OpenPage, crowded: Site) -> None:
    page = sign_in(open_page(), crowded, "admin")
    choose_model(page, "gpt-4o")
    page.get_by_role("textbox", name="Message").fill("remember this one")
    page.get_by_role("button", name="Send").click()
    settled(page.locator("article[data-role=assistant]"))
    models = opened(page)
    star = models.get_by_role("button", name="Favourite: maker9/model-9", exact=True)
    with page.expect_response(lambda answer: answer.url.endswith("/api/models")) as kept:
        star.click()
    assert kept.value.ok
    expect(star).to_have_attribute("aria-pressed", "true")
    other = sign_in(open_page(PHONE), crowded, "admin")
    models = opened(other)
    assert models.get_by_role("heading").all_text_contents()[:2] == ["Favourites", "Recent"]
    assert names(models)[:2] == ["maker9/model-9", "gpt-4o"]


def test_a_missing_price_is_loud_for_admins_only(open_page: OpenPage, crowded: Site) -> None:
    missing = re.compile("Some models have no price")
    expect(opened(sign_in(open_page(), crowded, "alice")).get_by_role("link", name=missing)).to_have_count(0)
    page = sign_in(open_page(), crowded, "admin")
    opened(page).get_by_role("link", name=missing).click()
    expect(page.get_by_text("Nobody knows what these models cost")).to_be_visible()


def test_the_list_is_walked_by_keyboard(open_page: OpenPage, crowded: Site) -> None:
    page = sign_in(open_page(), crowded, "alice")
    chosen_model(page).focus()
    page.keyboard.press("Enter")
    models = page.get_by_role("dialog", name="Choose a model")
    expect(models.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("maker3/")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    second = models.locator(".model-choose").nth(1)
    expect(second).to_be_focused()
    page.keyboard.press("Tab")
    expect(models.locator(".model-star").nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(models).to_be_hidden()
    expect(chosen_model(page)).to_be_focused()
