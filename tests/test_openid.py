"""Signing in with OpenID Connect, at a real provider: who becomes whom, and in which groups."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from socket import create_server
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from allauth.socialaccount.models import SocialToken
from allauth.socialaccount.providers import registry
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.test import RequestFactory, override_settings

from chat.accounts.claims import ClaimsAdapter
from chatsite.configuration.environment import Environment
from chatsite.configuration.openid import openid_provider
from tests.harness.issuer import CLIENT, Issuer
from tests.harness.site import PASSWORD, Site
from tests.test_guests import invite, post, visitor

BUTTON = "/accounts/oidc/login/"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer() as running:
        yield running


@pytest.fixture(scope="module")
def joined_site(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> Iterator[Site]:
    """A site that everybody may join whom the provider knows; its groups come from a claim."""
    environment = {**CLIENT, "OIDC_ISSUER": issuer.url, "OIDC_GROUPS_CLAIM": "groups", "CHAT_SIGNUP": "open"}
    with Site(tmp_path_factory.mktemp("openid"), environment) as running:
        running.shell("[Group.objects.create(name=name) for name in ('red', 'green', 'by hand')]")
        yield running


def sign_in(client: httpx2.Client, issuer: Issuer, sub: str, path: str = BUTTON) -> httpx2.Response:
    """Press the button, be who one is there, and come back."""
    away = client.get(path, follow_redirects=False)
    assert away.status_code == 302, away.text
    return client.get(issuer.come_back(away.headers["Location"], sub))


def groups(site: Site, name: str) -> str:
    return site.shell(
        f"user = User.objects.get(username={name!r})",
        "print(sorted(g.name for g in user.groups.all()), user.is_staff, user.is_superuser)",
    ).strip()


def test_the_sign_in_page_has_the_button_and_asks_with_a_proof_key(joined_site: Site, issuer: Issuer) -> None:
    with visitor(joined_site) as client:
        assert "Sign in with Example" in client.get("/accounts/login/").text
        away = client.get(BUTTON, follow_redirects=False).headers["Location"]
        asked = parse_qs(urlsplit(away).query)
        assert away.startswith(issuer.url)
        assert asked["code_challenge_method"] == ["S256"]
        assert asked["state"]
        assert "a-secret-of-the-client" not in away


def test_a_new_person_gets_an_account_and_the_same_one_the_next_time(joined_site: Site, issuer: Issuer) -> None:
    issuer.tell("s-1", preferred_username="olga", email="olga@else.example", email_verified=True, name="Olga O")
    for _ in range(2):
        with visitor(joined_site) as client:
            assert sign_in(client, issuer, "s-1").url.path == "/"
    told = joined_site.shell("user = User.objects.get(username='olga')", "print(user.email, User.objects.count())")
    assert told.split()[0] == "olga@else.example"
    assert joined_site.shell("print(User.objects.filter(username__startswith='olga').count())").strip() == "1"


def test_groups_follow_the_claim_and_those_given_by_hand_stay(joined_site: Site, issuer: Issuer) -> None:
    def come(*names: str) -> None:
        issuer.tell("s-2", preferred_username="paul", groups=[*names], is_staff=True, is_superuser=True)
        with visitor(joined_site) as client:
            assert sign_in(client, issuer, "s-2").url.path == "/"

    come("red", "nowhere")
    assert groups(joined_site, "paul") == "['red'] False False"
    joined_site.shell(
        "user = User.objects.get(username='paul')",
        "user.groups.add(*Group.objects.filter(name__in=['by hand', 'green']))",
    )
    come("green", "red")
    come("green")
    assert groups(joined_site, "paul") == "['by hand', 'green'] False False"
    # Green was given by hand before the claim named it: the claim does not take it back.
    come()
    assert groups(joined_site, "paul") == "['by hand', 'green'] False False"


def test_an_address_takes_no_account_over(joined_site: Site, issuer: Issuer) -> None:
    issuer.tell("s-3", preferred_username="mallory", email="admin@else.example", email_verified=True)
    issuer.tell("s-4", preferred_username="mallory", email="admin@else.example", email_verified=False)
    joined_site.shell("User.objects.filter(username='admin').update(email='admin@else.example')")
    with visitor(joined_site) as client:
        answer = sign_in(client, issuer, "s-3")
        assert answer.status_code == 409
        assert "There is an account with that address" in answer.text
        assert client.get("/").url.path == "/accounts/login/"
    with visitor(joined_site) as client:
        assert sign_in(client, issuer, "s-4").url.path == "/"
    told = joined_site.shell("user = User.objects.get(username='mallory')", "print(repr(user.email))")
    assert told.strip() == "''"
    assert joined_site.shell("print(EmailAddress.objects.filter(user__username='mallory').count())").strip() == "0"


def test_who_has_an_account_connects_it_and_comes_in_either_way(joined_site: Site, issuer: Issuer) -> None:
    issuer.tell("s-5", preferred_username="bobby")
    with closing(joined_site.session("bob")) as client:
        client.follow_redirects = True
        assert "Connect Example" in client.get("/settings/connections/").text
        answer = sign_in(client, issuer, "s-5", f"{BUTTON}?process=connect")
        assert answer.url.path == "/accounts/confirm/"
        answer = post(client, "/accounts/confirm/", password=PASSWORD)
        assert answer.url.path == "/settings/connections/"
        assert "Disconnect" in answer.text
    with visitor(joined_site) as client:
        sign_in(client, issuer, "s-5")
        assert 'value="bob"' in client.get("/settings/profile/").text


def test_who_came_by_the_provider_chooses_a_password(joined_site: Site, issuer: Issuer) -> None:
    issuer.tell("s-9", preferred_username="quinn", email="quinn@else.example", email_verified=True)
    with visitor(joined_site) as client:
        sign_in(client, issuer, "s-9")
        # Having signed in a moment ago proves enough.
        path = "/settings/password/set/"
        assert client.get(path).status_code == 200
        new = {"password1": PASSWORD, "password2": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        assert client.post(path, data=new).url.path != path
    with closing(joined_site.session("quinn")) as client:
        assert client.get("/api/models").status_code == 200


def test_another_site_leads_nobody_to_the_provider(joined_site: Site) -> None:
    with visitor(joined_site) as client:
        answer = client.get(BUTTON, headers={"Sec-Fetch-Site": "cross-site"}, follow_redirects=False)
        assert answer.headers["Location"] == "/accounts/login/"


@pytest.mark.parametrize("query", ["?code=guess&state=guess", "?error=server_error&state=x", ""])
def test_who_comes_back_with_something_else_is_told_in_words(joined_site: Site, query: str) -> None:
    with visitor(joined_site) as client:
        answer = client.get(f"/accounts/oidc/login/callback/{query}")
        assert answer.status_code == 401
        assert "Example did not let you in" in answer.text


def test_without_an_invitation_nobody_new_comes_in_and_with_one_once(tmp_path: Path, issuer: Issuer) -> None:
    with Site(tmp_path, {**CLIENT, "OIDC_ISSUER": issuer.url, "CHAT_SIGNUP": "invite"}) as site:
        issuer.tell("s-6", preferred_username="rosa")
        issuer.tell("s-7", preferred_username="sven")
        with visitor(site) as client:
            assert "Accounts are by invitation" in sign_in(client, issuer, "s-6").text
        group = site.shell("print(Group.objects.create(name='guests').pk)").strip()
        link = invite(site, group=group)
        with visitor(site) as client:
            assert "Join with Example" in client.get(link).text
            assert sign_in(client, issuer, "s-6").url.path == "/"
        assert groups(site, "rosa") == "['guests'] False False"
        with visitor(site) as client:
            assert client.get(link).status_code == 410
            assert "Accounts are by invitation" in sign_in(client, issuer, "s-7").text


def test_a_provider_that_never_answers_holds_nobody_else_up(tmp_path: Path) -> None:
    with create_server(("127.0.0.1", 0)) as silent:
        environment = {**CLIENT, "OIDC_ISSUER": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        with Site(tmp_path, environment) as site:
            answers: list[httpx2.Response] = []

            def press() -> None:
                with visitor(site) as client:
                    answers.append(client.get(BUTTON))

            waiting = [threading.Thread(target=press) for _ in range(20)]
            for thread in waiting:
                thread.start()
            # Each of them has reached the site when the provider is asked for the first time.
            silent.accept()[0].close()
            with visitor(site) as client:
                assert client.get("/accounts/login/").status_code == 200
                assert client.get("/healthz").status_code == 200
                # Nobody was told yet: all of them still wait for the provider, but for the one that was let go.
                assert len(answers) <= 1
            for thread in waiting:
                thread.join(60)
            assert {answer.status_code for answer in answers} == {502}
            assert all("Example cannot be reached" in answer.text for answer in answers)


def test_one_names_a_provider_as_a_whole_or_not_at_all() -> None:
    half = Environment({"OIDC_ISSUER": "https://id.example", "OIDC_CLIENT_ID": "me"})
    assert openid_provider(half) is None
    assert half.problems == ["OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET must be set together, or not at all."]
    whole = Environment({"OIDC_ISSUER": "https://id.example/", **CLIENT})
    found = openid_provider(whole)
    assert found is not None
    assert found.issuer == "https://id.example"
    assert openid_provider(Environment({})) is None


def test_two_answers_about_two_people_let_in_neither(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    # It is installed only where people sign in with it.
    monkeypatch.setitem(registry.provider_map, OpenIDConnectProvider.id, OpenIDConnectProvider)

    class Told(ClaimsAdapter):
        """One whose answers are known."""

        def _fetch_user_info(self, access_token: str) -> dict[str, Any]:
            return {"sub": "victim"}

        def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
            return {"sub": "mallory"}

    provider = {"provider_id": "odd", "client_id": "c", "name": "Odd", "settings": {"server_url": "http://odd.invalid"}}
    with override_settings(SOCIALACCOUNT_PROVIDERS={"openid_connect": {"APPS": [provider]}}):
        request = RequestFactory().get("/")
        adapter = Told(request, "odd")
        with pytest.raises(OAuth2Error):
            adapter.complete_login(request, adapter.get_provider().app, SocialToken(), response={"id_token": "x"})
