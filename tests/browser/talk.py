"""Talking in the page, as a person does."""

from playwright.sync_api import Locator, Page, expect

from tests.harness import patience
from tests.harness.site import PASSWORD, Site

MODEL = "gpt-4o-mini"


def ask(page: Page, message: str, *, model: str = MODEL) -> Locator:
    """Ask in the page. Returns the answer's article."""
    answers = page.locator("article[data-role=assistant]")
    before = answers.count()
    choose_model(page, model)
    page.get_by_role("textbox", name="Message").fill(message)
    page.get_by_role("button", name="Send").click()
    return answers.nth(before)


def chosen_model(page: Page) -> Locator:
    """Return the button that names the chosen model and opens the list of all."""
    return page.locator("#model")


def choose_model(page: Page, model: str) -> None:
    """Choose a model in the list, unless it is chosen already."""
    button = chosen_model(page)
    if button.get_attribute("data-chosen") == model:
        return
    button.click()
    listed = page.get_by_role("dialog", name="Choose a model")
    listed.locator(f'button.model-choose[value="{model}"]').first.click()
    expect(button).to_have_attribute("data-chosen", model)


def settled(answer: Locator, status: str = "complete", *, seconds: float = patience.SECONDS) -> Locator:
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


def questions(page: Page) -> Locator:
    """Return the questions of the branch that is shown."""
    return page.locator("article[data-role=user]")


def answers(page: Page) -> Locator:
    """Return its answers."""
    return page.locator("article[data-role=assistant]")


def act(message: Locator, name: str) -> None:
    """Press a button under a message, as with a mouse."""
    message.hover()
    message.get_by_role("button", name=name, exact=True).click()


def again(page: Page, message: Locator, *, model: str = "") -> Locator:
    """Regenerate an answer, with the chosen model unless one is named. Returns the new one's article."""
    act(message, "Regenerate with another model" if model else "Regenerate")
    if model:
        listed = page.get_by_role("dialog", name="Choose a model")
        listed.locator(f'button.model-choose[value="{model}"]').first.click()
    return answers(page).last


def edit(page: Page, message: Locator, text: str) -> Locator:
    """Ask a question in other words. Returns the last answer's article."""
    act(message, "Edit question")
    page.get_by_role("textbox", name="Edited question").fill(text)
    page.keyboard.press("Enter")
    return answers(page).last


def tree(site: Site, page: Page) -> list[dict[str, str]]:
    """Return all messages of the page's conversation."""
    with site.client("alice") as alice:
        name = page.url.rpartition("/")[2].partition("?")[0]
        messages: list[dict[str, str]] = alice.get(f"/api/conversations/{name}").json()["messages"]
    return messages


def look(page: Page, *, away: bool) -> None:
    """Look away from a page for so long that it lets go of its feed, or look at it again."""
    script = """hidden => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    if not away:
        page.evaluate(script, False)
        return
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/api/events")):
        page.evaluate(script, True)
