"""The tables of docs/security.md, made from what the tests check: `python -m tests.permissions` writes them."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from tests.harness.site import ROOT

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
    from django.db.models import Model

    from tests.route_table import Row

PAGE: Final = ROOT / "docs" / "security.md"
PEOPLE: Final = {
    "owner": "owner",
    "other": "other",
    "mate": "group mate",
    "clerk": "staff, one right",
    "staff": "superuser",
    "anonymous": "anonymous",
    "deactivated": "deactivated",
    "scopeless": "key without scope",
    "expired": "expired key",
}
DEEDS: Final = ("view", "add", "change", "delete")


def part(name: str) -> str:
    """Return what stands on the page between the two marks of a table."""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- end of {name} -->", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found, f"docs/security.md has lost its table of {name}"
    return found[1]


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    return "".join(f"| {' | '.join(str(cell) for cell in row)} |\n" for row in (head, ["---"] * len(head), *rows))


def routes() -> str:
    """Return who gets what from each route, as tests/test_authorisation.py asks for it."""
    from tests.route_table import ROWS

    rows = [[f"`{_asked(row)}`", *(_cell(row.expected()[person]) for person in PEOPLE), _scopes(row)] for row in ROWS]
    return table(["route", *PEOPLE.values(), "scopes"], rows)


def _asked(row: "Row") -> str:
    address = re.sub(r"\{(\w+)\}", r"<\1>", row.path).replace("|", "\\|")
    return f"{row.method} {address}" + (" in a conversation" if "conversation_id" in (row.body or {}) else "")


def _cell(answer: int | str) -> str:
    return "sign in" if isinstance(answer, str) else str(answer)


def _scopes(row: "Row") -> str:
    return "–" if row.is_page or row.anonymous != 401 else " or ".join(row.scopes)


def rights() -> str:
    """Return what each right opens in the admin, and whether it makes a superuser. Asks the database."""
    return table(["right to", *DEEDS, "superuser afterwards?"], list(_rights()))


def _rights() -> Iterator[list[str]]:
    from django.apps import apps
    from django.contrib import admin

    for model in sorted(apps.get_models(), key=lambda each: each._meta.label_lower):
        shown = admin.site._registry.get(model)
        cells = [_opened(shown, model, deed) if shown else "–" for deed in DEEDS]
        yield [f"`{model._meta.label_lower}`", *cells, "no"]


def _opened(shown: "ModelAdmin[Model]", model: "type[Model]", deed: str) -> str:
    """Return to whom the admin opens this: to nobody, to superusers, or to staff with this one right."""
    from django.contrib.auth.models import Permission, User
    from django.test import RequestFactory

    request = RequestFactory().get("/admin/")
    request.user = User.objects.get_or_create(username="permissions-superuser", is_superuser=True, is_staff=True)[0]
    ask = getattr(shown, f"has_{deed}_permission")
    if not ask(request):
        return "nobody"
    clerk, _ = User.objects.get_or_create(username=f"permissions-{deed}-{model._meta.label_lower}", is_staff=True)
    names = {"content_type__app_label": model._meta.app_label, "codename": f"{deed}_{model._meta.model_name}"}
    clerk.user_permissions.set(Permission.objects.filter(**names))
    request.user = clerk
    return "with it" if ask(request) else "superusers"


def main() -> None:
    """Write both tables onto the page; a database of its own tells what the rights open."""
    data_dir = tempfile.mkdtemp(prefix="chatsite-permissions-")
    os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "CHATSITE_DATA_DIR": data_dir}
    import django
    from django.core.management import call_command

    try:
        django.setup()
        call_command("migrate", verbosity=0)
        page = PAGE.read_text(encoding="utf-8")
        for name, text in (("routes", routes()), ("rights", rights())):
            page = page.replace(f"<!-- {name} -->\n{part(name)}", f"<!-- {name} -->\n{text}")
        PAGE.write_text(page, encoding="utf-8")
    finally:
        shutil.rmtree(data_dir)


if __name__ == "__main__":
    main()
