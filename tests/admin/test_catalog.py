"""A provider's and a model's page: what is read from where, what was learnt, and who set what."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.test import Client

from chat.models import ChatModel, Provider

TAUGHT = {
    "refused": ["stream_options", "temperature"],
    "renamed": {"max_tokens": "max_completion_tokens"},
    "gives_no_reason": True,
    "answers_without_reason": 3,
}


@pytest.fixture
def llama(db: None) -> ChatModel:
    provider = Provider.objects.create(name="cellar", base_url="http://127.0.0.1:9/v1")
    return ChatModel.objects.create(name="llama", upstream_name="llama", provider=provider, learnt=TAUGHT)


def save(browser: Client, model: ChatModel, **more: Any) -> None:
    form = {"name": "llama", "provider": model.provider_id, "upstream_name": "llama", "position": "0", "enabled": "on"}
    form |= {"prices-TOTAL_FORMS": "0", "prices-INITIAL_FORMS": "0"}
    assert browser.post(f"/admin/chat/chatmodel/{model.pk}/change/", form | more).status_code == 302
    model.refresh_from_db()


def test_what_is_ticked_is_forgotten_and_the_rest_stays(browser: Client, llama: ChatModel) -> None:
    page = browser.get(f"/admin/chat/chatmodel/{llama.pk}/change/").content.decode()
    assert "It takes max_completion_tokens instead of max_tokens." in page
    save(browser, llama)
    assert llama.learnt == TAUGHT
    save(browser, llama, forget=["refused:temperature", "gives_no_reason", "renamed:max_tokens"])
    assert llama.learnt == {"refused": ["stream_options"]}
    said = LogEntry.objects.latest("pk").get_change_message()
    assert "It refuses temperature, which is left out." in said
    save(browser, llama, forget=["refused:stream_options"])
    assert llama.learnt == {}
    llama.full_clean()


def test_where_nothing_was_learnt_there_is_nothing_to_forget(browser: Client, llama: ChatModel) -> None:
    ChatModel.objects.update(learnt={})
    assert b"What its server taught" not in browser.get(f"/admin/chat/chatmodel/{llama.pk}/change/").content


def test_who_may_only_look_sees_it(clerk_browser: Client, llama: ChatModel) -> None:
    User.objects.get(username="clerk").user_permissions.add(Permission.objects.get(codename="view_chatmodel"))
    page = clerk_browser.get(f"/admin/chat/chatmodel/{llama.pk}/change/").content.decode()
    assert "It refuses temperature, which is left out." in page
    assert 'name="forget"' not in page


@pytest.mark.parametrize(
    "learnt",
    [
        ["temperature"],
        {"refused": "temperature"},
        {"refused": [1]},
        {"renamed": {"a": 1}},
        {"gives_no_reason": 1},
        {"other": True},
        {"answers_without_reason": -1},
    ],
)
def test_what_no_server_teaches_is_not_valid(llama: ChatModel, learnt: Any) -> None:
    llama.learnt = learnt
    with pytest.raises(ValidationError):
        llama.full_clean()


def test_a_context_window_is_the_admins_who_enters_it(browser: Client, llama: ChatModel) -> None:
    ChatModel.objects.update(context_window=1024, context_window_origin="server")
    save(browser, llama, context_window="1024")
    assert llama.context_window_origin == "server"
    save(browser, llama, context_window="2048")
    assert (llama.context_window, llama.context_window_origin) == (2048, "admin")
    save(browser, llama, context_window="0")
    assert (llama.context_window, llama.context_window_origin) == (0, "admin")
    save(browser, llama, context_window="")
    assert (llama.context_window, llama.context_window_origin) == (None, "")


def test_the_list_of_a_provider_that_was_changed_is_read_again(browser: Client, llama: ChatModel) -> None:
    form = {"name": "cellar", "kind": "openai", "base_url": "http://127.0.0.1:9/v1", "enabled": "on"}
    form |= {"drain_seconds": "0", "drain_tokens": "5", "prompt_caching": "auto"}
    address = f"/admin/chat/provider/{llama.provider_id}/change/"
    assert browser.post(address, form).status_code == 302
    assert Provider.objects.get().look_again_at is None
    assert browser.post(address, form | {"base_url": "http://127.0.0.1:8/v1"}).status_code == 302
    assert Provider.objects.get().look_again_at is not None
    Provider.objects.update(list_problem="It has no models yet.")
    assert b"It has no models yet." in browser.get(address).content
