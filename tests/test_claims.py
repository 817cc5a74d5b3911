"""What a provider of OpenID Connect says of a person: claims of any shape let somebody in or are told in words."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from allauth.socialaccount.providers.oauth2.client import OAuth2Error

from chat.accounts.claims import fit, group_names
from tests.harness.issuer import CLIENT, Issuer
from tests.harness.site import Site
from tests.test_guests import post, visitor
from tests.test_openid import sign_in


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer() as running:
        yield running


@pytest.mark.parametrize(
    ("claims", "path", "names"),
    [
        ({"groups": ["a", "b", 3]}, "groups", {"a", "b"}),
        ({"groups": "a"}, "groups", {"a"}),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", {"a"}),
        ({"https://id.example/groups": ["a"]}, "https://id.example/groups", {"a"}),
        ({}, "groups", set()),
        ({"groups": {"a": 1}}, "groups", set()),
        ({"groups": 1}, "groups.more", set()),
    ],
)
def test_a_claim_names_groups(claims: dict[str, object], path: str, names: set[str]) -> None:
    assert group_names(claims, path) == names


ODD: Final[dict[str, dict[str, Any]]] = {
    "texts": {
        "name": "Q\0uinn",
        "given_name": "Q\0uinn",
        "preferred_username": "quinn",
        "email": "q\0@x.example",
    },
    "shapes": {"name": 5, "given_name": ["a"], "family_name": {"a": 1}, "preferred_username": ["b"], "email": 7},
    "groups": {"groups": ["red", "re\0d", 5, None, ["green"], {"green": 1}], "preferred_username": "grit"},
    "many groups": {"groups": [f"{number}" for number in range(20_000)], "preferred_username": "mia"},
    "an object": {"groups": {"red": True}, "preferred_username": "otto"},
    "long": {"preferred_username": "l" * 5000, "given_name": "l" * 5000, "email": "l" * 500 + "@x.example"},
    "deep": {"preferred_username": "dee", "more": json.loads("[" * 400 + "]" * 400)},
}


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def odd_site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, issuer: Issuer
) -> Iterator[Site]:
    environment = {**CLIENT, "OIDC_ISSUER": issuer.url, "OIDC_GROUPS_CLAIM": "groups", "CHAT_SIGNUP": "open"}
    if request.param == "postgres":
        environment["DATABASE_URL"] = request.getfixturevalue("postgres_url")
    with Site(tmp_path_factory.mktemp("odd"), environment) as running:
        running.shell("[Group.objects.create(name=name) for name in ('red', 'green')]")
        yield running


@pytest.mark.parametrize("which", ODD)
def test_claims_of_odd_shapes_let_somebody_in_or_are_told_in_words(which: str, odd_site: Site, issuer: Issuer) -> None:
    issuer.tell(f"odd-{which}", **ODD[which])
    with visitor(odd_site) as client:
        answer = sign_in(client, issuer, f"odd-{which}")
        assert answer.status_code == 200
        if answer.url.path == "/accounts/oidc/signup/":
            # Nothing was told to be called by.
            answer = post(client, "/accounts/oidc/signup/", username="chosen")
        assert answer.url.path == "/"
    told = odd_site.shell(
        "from allauth.socialaccount.models import SocialAccount",
        f"user = SocialAccount.objects.get(uid='odd-{which}').user",
        "print(*sorted(g.name for g in user.groups.all()), user.is_staff)",
    ).split()
    assert told == (["red", "False"] if which == "groups" else ["False"])
    assert not [line for line in odd_site.output if "Traceback" in line]


def test_a_subject_that_cannot_be_kept_is_told_in_words(odd_site: Site, issuer: Issuer) -> None:
    sub = "s" * 300
    issuer.tell(sub, preferred_username="sam")
    with visitor(odd_site) as client:
        assert sign_in(client, issuer, sub).status_code == 401


def test_what_no_database_takes_is_left_out() -> None:
    told = fit({"sub": "x", "name": "Q\0\ud800", "email": 5, "groups": ["\ud800", {"a\0": ["b\0"]}], "n": 1.5})
    assert told == {"sub": "x", "name": "Q?", "groups": ["?", {"a": ["b"]}], "n": 1.5}
    odd: tuple[Any, ...] = ({}, {"sub": ""}, {"sub": 5}, {"sub": "a\0"}, {"sub": "s" * 192}, [], "x", None)
    for nobody in odd:
        with pytest.raises(OAuth2Error):
            fit(nobody)
