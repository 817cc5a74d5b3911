"""The pages: who sees what, what stands in them, and the first start."""

import json
import re
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from chat.catalog.providers import ensure_providers
from chat.models import ChatModel, Conversation, Generation, Message, Provider

pytestmark = pytest.mark.django_db


class Page(HTMLParser):
    """The elements of a page, in order: name, attributes, and the text up to the next tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str], list[str]]] = []
        self.inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}, []))
        self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.elements[-1][2].append(data)

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        return [
            {**attributes, "text": "".join(text)}
            for name, attributes, text in self.elements
            if name == tag and all(attributes.get(key.replace("_", "-")) == value for key, value in wanted.items())
        ]


def _named(found: Page) -> list[str]:
    """Return the addresses of all that a page loads."""
    return [each["href"] for each in found.all("link")] + [each["src"] for each in found.all("script")]


def page(client: Client, path: str) -> Page:
    response = client.get(path)
    assert response.status_code == 200
    return Page(response.content.decode())


@pytest.fixture
def model() -> ChatModel:
    provider = Provider.objects.create(name="local", base_url="http://127.0.0.1:9/v1")
    return ChatModel.objects.create(name="llama", upstream_name="llama", provider=provider)


def talk(owner: User, *texts: str, title: str = "A talk") -> Conversation:
    """Return a conversation in which question and answer alternate."""
    conversation = Conversation.objects.create(owner=owner, title=title)
    parent = None
    for place, text in enumerate(texts):
        role = "assistant" if place % 2 else "user"
        parent = Message.objects.create(
            conversation=conversation, parent=parent, role=role, content=text, model="llama" if place % 2 else ""
        )
    return conversation


@pytest.mark.parametrize("path", ["/", "/c/00000000-0000-4000-8000-000000000000"])
def test_somebody_unknown_is_sent_to_sign_in_and_back(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 302
    assert response.headers["Location"] == f"/accounts/login/?next={path}"


def test_the_empty_thread_greets_by_name_and_offers_questions(browser: Client, ada: User) -> None:
    assert any("Hello, ada" in each["text"] for each in page(browser, "/").all("h2"))
    assert 3 <= len(page(browser, "/").all("button", data_starter="")) <= 4
    ada.first_name = "Ada"
    ada.save()
    assert any("Hello, Ada" in each["text"] for each in page(browser, "/").all("h2"))


def test_a_conversation_is_its_owners_alone(browser: Client) -> None:
    theirs = talk(User.objects.create_user("bob"), "Secret")
    assert browser.get(f"/c/{theirs.pk}").status_code == 404
    assert browser.get(f"/c/{uuid4()}").status_code == 404
    assert b"A talk" not in browser.get("/").content


def test_history_stands_in_order_with_what_the_browser_needs(browser: Client, ada: User) -> None:
    conversation = talk(ada, "Why?", "Because.", "And?", "So.")
    articles = [each for each in page(browser, f"/c/{conversation.pk}").all("article") if each["data-message-id"]]
    assert [each["data-role"] for each in articles] == ["user", "assistant", "user", "assistant"]
    assert {each["data-status"] for each in articles} == {"complete"}
    turns = [json.loads(each["data-turn"]) for each in articles]
    assert [turn["id"] for turn in turns] == [each["data-message-id"] for each in articles]
    assert [turn["parentId"] for turn in turns] == [None, *(turn["id"] for turn in turns[:-1])]
    assert turns[1]["model"] == "llama"


def test_the_branch_said_last_is_shown(browser: Client, ada: User) -> None:
    conversation = talk(ada, "Why?", "Because.")
    Message.objects.create(conversation=conversation, role="user", content="Asked anew", created_at=timezone.now())
    texts = [each["text"] for each in page(browser, f"/c/{conversation.pk}").all("div", **{"class": "text"})]
    assert [text for text in texts if text] == ["Asked anew"]


def test_what_was_said_is_text_to_the_last_character(browser: Client, ada: User) -> None:
    hostile = "<script>alert(1)</script>\n  \"quoted\" & 'so' </div><img src=x onerror=alert(1)>"
    found = page(browser, f"/c/{talk(ada, hostile, hostile, title=hostile).pk}")
    assert [each["text"] for each in found.all("div", **{"class": "text"})][:2] == [hostile, hostile]
    assert all("src" in each for each in found.all("script"))


def test_nothing_in_a_page_is_inline(browser: Client, ada: User) -> None:
    paths = ["/", f"/c/{talk(ada, 'Why?', 'Because.').pk}"]
    pages = [page(browser, path) for path in paths] + [page(Client(), "/accounts/login/")]
    for found in pages:
        for name, attributes, _ in found.elements:
            assert name != "style"
            assert name != "script" or attributes.get("src")
            assert not {key for key in attributes if key == "style" or key.startswith("on")}


def test_only_the_script_that_carries_the_nonce_of_this_very_answer_runs(browser: Client) -> None:
    nonces = set()
    for _ in range(2):
        response = browser.get("/")
        policy = response.headers["Content-Security-Policy"]
        (nonce,) = re.findall(r"script-src 'nonce-([\w-]{22})';", policy)
        assert policy.startswith("default-src 'none';")
        found = Page(response.content.decode())
        assert {each["nonce"] for each in found.all("script")} == {nonce}
        nonces.add(nonce)
    assert len(nonces) == 2


def test_every_file_a_page_names_is_there(browser: Client, settings: Any) -> None:
    bundled = page(browser, "/")
    assert [each["src"].partition("/bundle/")[2] for each in bundled.all("script")] == ["chat/main.js"]
    assert all(browser.get(path).status_code == 200 for path in _named(bundled))
    settings.CHAT_BUNDLES = False
    found = page(browser, "/")
    named = _named(found)
    assert named
    assert all(browser.get(path).status_code == 200 for path in named)
    modules = {path.partition("/chat/")[2] for path in named if "/chat/" in path and path.endswith(".js")}
    fetched = ["search/search", "search/query", "search/results", "thread/cost", "api/fallback"]
    fetched += ["thread/settings", "thread/settings-fields"]
    later = {
        f"{each}.js"
        for each in (*fetched, "markdown/highlighter", "markdown/reader", "markdown/portions", "state/events")
    }
    assert not modules & later
    folder = settings.BASE_DIR / "static" / "chat"
    # Other pages' own.
    others = {folder / "account", folder / "admin"}
    there = {file for file in folder.rglob("*.js") if file.parent not in others}
    assert modules | later == {file.relative_to(folder).as_posix() for file in there}


def test_every_icon_a_page_uses_is_in_it(browser: Client) -> None:
    found = page(browser, "/")
    assert {each["href"] for each in found.all("use")} <= {f"#{each['id']}" for each in found.all("symbol")}


def test_the_template_that_javascript_clones_is_the_one_that_renders_history(browser: Client, ada: User) -> None:
    elements = page(browser, f"/c/{talk(ada, 'Why?').pk}").elements
    starts = [place for place, (name, _, _) in enumerate(elements) if name == "article"]
    shapes = [[(name, each.get("class")) for name, each, _ in elements[start : start + 9]] for start in starts]
    assert len(shapes) == 2
    assert shapes[0] == shapes[1]


def listed(browser: Client) -> list[dict[str, Any]]:
    """Return the models of the picker."""
    (element,) = page(browser, "/").all("div", id="models")
    choices: list[dict[str, Any]] = json.loads(element["data-models"] or "")["choices"]
    return choices


def chosen(browser: Client, path: str = "/") -> str | None:
    return page(browser, path).all("button", id="model")[0]["data-chosen"]


def test_the_picker_says_nothing_of_a_price_that_nobody_knows(browser: Client, model: ChatModel) -> None:
    ChatModel.objects.create(name="priced", upstream_name="priced", provider=model.provider, position=1).prices.create(
        input_per_million=1, output_per_million=2
    )
    assert {each["name"]: each["price"] for each in listed(browser)} == {"llama": "", "priced": "$1 in · $2 out"}


def test_the_picker_knows_providers_and_currencies(browser: Client, model: ChatModel) -> None:
    other = Provider.objects.create(name="elsewhere", base_url="http://127.0.0.1:8/v1")
    far = ChatModel.objects.create(name="far", upstream_name="far", provider=other)
    far.prices.create(input_per_million="0.075", output_per_million="2.5", currency="EUR")
    assert {each["provider"]: each["price"] for each in listed(browser)} == {
        "elsewhere": "€0.075 in · €2.50 out",
        "local": "",
    }


def test_the_model_chosen_last_is_chosen_again_and_before_that_the_admins_choice(
    browser: Client, ada: User, model: ChatModel
) -> None:
    other = ChatModel.objects.create(name="other", upstream_name="other", provider=model.provider, position=1)
    assert chosen(browser) == ""
    ChatModel.objects.filter(pk=model.pk).update(is_default=True)
    assert chosen(browser) == "llama"
    conversation = talk(ada, "Why?")
    Conversation.objects.filter(pk=conversation.pk).update(model=other)
    for path in ("/", f"/c/{conversation.pk}"):
        assert chosen(browser, path) == "other"


@pytest.mark.parametrize(
    ("reads", "said"), [(True, b"Admins of this site can."), (False, b"Admins of this site cannot")]
)
def test_who_can_read_is_said_beside_the_switch_and_in_the_settings(
    browser: Client, model: ChatModel, settings: Any, reads: bool, said: bytes
) -> None:
    settings.CHAT_ADMIN_READS = reads
    assert (b"Until then admins of this site can read it" in browser.get("/").content) is reads
    assert said in browser.get("/settings/data/").content


def test_the_demo_alone_says_how_to_connect_a_real_model(
    browser: Client, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    ensure_providers()
    assert b"This is the demo model" in browser.get("/").content
    request.getfixturevalue("model")
    assert b"This is the demo model" not in browser.get("/").content


def test_without_any_model_the_page_says_so(browser: Client) -> None:
    assert b"There is no model to talk to" in browser.get("/").content


def test_tool_calls_stand_in_the_page_as_text(browser: Client, ada: User) -> None:
    conversation = talk(ada, "Weather?", "")
    call = {"index": 0, "id": "call_1", "name": "weather", "arguments": '{"city": "<b>Rome</b>"}'}
    conversation.messages.filter(role="assistant").update(tool_calls=[call])
    found = page(browser, f"/c/{conversation.pk}")
    assert [each["text"] for each in found.all("pre")] == ['{"city": "<b>Rome</b>"}', ""]
    assert "Called weather" in [each["text"] for each in found.all("summary")]
    turns = [json.loads(each["data-turn"]) for each in found.all("article", data_role="assistant")]
    assert turns[0]["toolCalls"] == [call]


def test_an_answer_that_failed_says_whether_trying_again_may_help(browser: Client, ada: User) -> None:
    conversation = talk(ada, "Why?", "")
    answer = conversation.messages.get(role="assistant")
    answer.status = "failed"
    answer.save()
    said = {"error_type": "authentication", "error_message": "The key is wrong.", "error_retryable": False}
    said |= {"finished_at": timezone.now()}
    Generation.objects.create(owner=ada, message=answer, **said)
    turns = [
        json.loads(each["data-turn"])
        for each in page(browser, f"/c/{conversation.pk}").all("article", data_role="assistant")
    ]
    trouble = {"type": "authentication", "message": "The key is wrong.", "retryable": False}
    assert turns[0]["trouble"] == trouble


def test_only_staff_is_shown_the_way_to_the_admin(browser: Client, ada: User) -> None:
    assert not page(browser, "/").all("a", href="/admin/")
    ada.is_staff = True
    ada.save()
    assert page(browser, "/").all("a", href="/admin/")
