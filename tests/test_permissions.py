"""What docs/security.md tells of who may do what is what the suite checks."""

import re

import pytest

from tests.admin.test_rights import RIGHTS
from tests.harness.site import ROOT
from tests.permissions import DEEDS, PAGE, part, rights, routes

WRITE = "Somebody may do something else now. If that is meant: python -m tests.permissions"


def test_the_page_tells_of_every_route_what_its_test_expects() -> None:
    assert part("routes") == routes(), WRITE


@pytest.mark.django_db
def test_the_page_tells_what_every_right_opens_in_the_admin() -> None:
    assert part("rights") == rights(), WRITE


def test_the_page_tells_of_every_single_right_that_it_makes_no_superuser() -> None:
    rows = re.findall(r"^\| `(\w+)\.(\w+)` .*\| (\w+) \|$", part("rights"), flags=re.MULTILINE)
    told = {f"{app}.{deed}_{model}": answer for app, model, answer in rows for deed in DEEDS}
    # Each of these is a case of test_no_single_right_makes_a_superuser.
    assert told == dict.fromkeys(RIGHTS, "no")


def test_every_test_that_the_page_names_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE.read_text(encoding="utf-8"))
    assert named
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not re.search(rf"^def {name}" if name else "", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert missing == []
