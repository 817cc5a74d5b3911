"""Talking in the page, as a person does."""

from playwright.sync_api import Locator, Page, expect

from tests.site import PASSWORD

MODEL = "gpt-4o-mini"


def ask(page: Page, message: str, *, model: str = MODEL) -> Locator:
    """Ask in the page. Returns the answer's article."""
    answers = page.locator("article[data-role=assistant]")
    before = answers.count()
    page.get_by_role("combobox", name="Model").select_option(model)
    page.get_by_role("textbox", name="Message").fill(message)
    page.get_by_role("button", name="Send").click()
    return answers.nth(before)


def settled(answer: Locator, status: str = "complete", *, seconds: float = 10) -> Locator:
    """Wait until an answer has ended in this way."""
    expect(answer).to_have_attribute("data-status", status, timeout=seconds * 1000)
    return answer


def sign_in_at(page: Page, address: str, person: str = "alice") -> Page:
    """Sign in by the form, through whatever stands in front of the site."""
    page.goto(f"{address}/login/")
    page.get_by_label("Name").fill(person)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{address}/")
    return page
