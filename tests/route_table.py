"""Who may do what: each route of the site, one way to call it, and what each person gets."""

from dataclasses import dataclass
from typing import Final, Literal

LOGIN: Final = "to the login page"

Answer = int | Literal["to the login page"]


@dataclass(frozen=True)
class Row:
    """A route, one way to call it, and what each person gets. `pages` want a session, the others take a key.

    `staff` is the superuser, `clerk` a member of staff who may see the ledger and no more; both get what others do
    unless told otherwise, and so does a member of the owner's group. A key with none of the `scopes` gets 403, an
    expired one 401; where nobody is asked who they are both get what everybody does.
    """

    method: str
    path: str
    owner: Answer
    other: Answer
    anonymous: Answer
    deactivated: Answer
    staff: Answer | None = None
    clerk: Answer | None = None
    scopes: tuple[str, ...] = ("chat",)
    body: dict[str, object] | None = None
    is_page: bool = False
    # Only for who has signed in a moment ago.
    is_recent: bool = False

    def expected(self) -> dict[str, Answer]:
        """What each gets; the owner last, who may take away what the row is about."""
        is_open = self.is_page or self.anonymous != 401
        return {
            "anonymous": self.anonymous,
            "deactivated": self.deactivated,
            "expired": self.anonymous if is_open else 401,
            "scopeless": self.anonymous if is_open else 403,
            "other": self.other,
            "mate": self.other,
            "clerk": self.other if self.clerk is None else self.clerk,
            "staff": self.other if self.staff is None else self.staff,
            "owner": self.owner,
        }


def everybody(method: str, path: str, answer: Answer, *, is_page: bool = False) -> Row:
    return Row(method, path, answer, answer, answer, answer, is_page=is_page)


def people(
    method: str,
    path: str,
    answer: Answer,
    body: dict[str, object] | None = None,
    scopes: tuple[str, ...] = ("chat",),
) -> Row:
    return Row(method, path, answer, answer, 401, 401, body=body, scopes=scopes)


def owner_only(method: str, path: str, answer: Answer, body: dict[str, object] | None = None) -> Row:
    return Row(method, path, answer, 404, 401, 401, staff=404, body=body)


def staff_only(path: str) -> Row:
    return Row("GET", path, LOGIN, LOGIN, LOGIN, LOGIN, staff=200, clerk=200, is_page=True)


def own(path: str, answer: Answer = 200) -> Row:
    return Row("GET", path, answer, answer, LOGIN, LOGIN, is_page=True)


def recent(path: str) -> Row:
    return Row("GET", path, 200, 200, LOGIN, LOGIN, is_page=True, is_recent=True)


ASK: dict[str, object] = {"message": "May I?", "model": "gpt-4o-mini"}

NOBODY: Final = ("owner", "other", "mate", "anonymous", "deactivated")

# Keyed by the route as it is written in urls.py.
TABLE: dict[str, list[Row]] = {
    "": [Row("GET", "/", 200, 200, LOGIN, LOGIN, is_page=True)],
    ".well-known/security.txt": [everybody("GET", "/.well-known/security.txt", 404, is_page=True)],
    "c/<uuid:conversation_id>": [Row("GET", "/c/{conversation}", 200, 404, LOGIN, LOGIN, is_page=True)],
    "login/": [everybody("GET", "/login/", LOGIN, is_page=True)],
    "admin/login/": [Row("GET", "/admin/login/", 403, 403, LOGIN, LOGIN, staff=302, clerk=302, is_page=True)],
    "admin/logout/": [Row("GET", "/admin/logout/", 200, 200, LOGIN, LOGIN, is_page=True)],
    "admin/password_change/": [everybody("GET", "/admin/password_change/", 302, is_page=True)],
    "accounts/login/": [Row("GET", "/accounts/login/", 302, 302, 200, 200, is_page=True)],
    "accounts/logout/": [Row("GET", "/accounts/logout/", 200, 200, LOGIN, LOGIN, is_page=True)],
    "accounts/inactive/": [everybody("GET", "/accounts/inactive/", 200, is_page=True)],
    "accounts/signup/": [Row("GET", "/accounts/signup/", 302, 302, 403, 403, is_page=True)],
    "accounts/confirm/": [own("/accounts/confirm/")],
    "accounts/again/": [own("/accounts/again/")],
    "accounts/confirm-email/": [everybody("GET", "/accounts/confirm-email/", 200, is_page=True)],
    "accounts/confirm-email/<str:key>/": [everybody("GET", "/accounts/confirm-email/guess/", 200, is_page=True)],
    "accounts/password/reset/": [everybody("GET", "/accounts/password/reset/", 200, is_page=True)],
    "accounts/password/reset/done/": [everybody("GET", "/accounts/password/reset/done/", 200, is_page=True)],
    r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$": [
        everybody("GET", "/accounts/password/reset/key/1-guess/", 200, is_page=True)
    ],
    "accounts/password/reset/key/done/": [everybody("GET", "/accounts/password/reset/key/done/", 200, is_page=True)],
    "accounts/two-factor/": [Row("GET", "/accounts/two-factor/", 302, 302, LOGIN, LOGIN, is_page=True)],
    "accounts/two-factor/confirm/": [Row("GET", "/accounts/two-factor/confirm/", 302, 302, LOGIN, LOGIN, is_page=True)],
    "accounts/passkey/": [Row("GET", "/accounts/passkey/", 302, 302, LOGIN, LOGIN, is_page=True)],
    "accounts/passkey/confirm/": [Row("GET", "/accounts/passkey/confirm/", 302, 302, LOGIN, LOGIN, is_page=True)],
    "accounts/invitation/": [everybody("GET", "/accounts/invitation/", 403, is_page=True)],
    "accounts/new-password/": [everybody("GET", "/accounts/new-password/", 404, is_page=True)],
    "accounts/oidc/login/": [everybody("GET", "/accounts/oidc/login/", 404, is_page=True)],
    "accounts/oidc/login/callback/": [everybody("GET", "/accounts/oidc/login/callback/", 404, is_page=True)],
    "accounts/oidc/cancelled/": [everybody("GET", "/accounts/oidc/cancelled/", 200, is_page=True)],
    "accounts/oidc/signup/": [everybody("GET", "/accounts/oidc/signup/", LOGIN, is_page=True)],
    "settings/connections/": [own("/settings/connections/", 404)],
    "setup/": [everybody("GET", "/setup/?token=guess", 404, is_page=True)],
    "api/chat": [people("POST", "/api/chat", 200, ASK)],
    "api/chat/stream": [
        people("POST", "/api/chat/stream", 200, ASK),
        owner_only("POST", "/api/chat/stream", 200, {**ASK, "conversation_id": "{conversation}"}),
    ],
    "api/generations/<uuid:generation_id>/stream": [owner_only("GET", "/api/generations/{generation}/stream", 200)],
    "api/generations/<uuid:generation_id>/stop": [owner_only("POST", "/api/generations/{generation}/stop", 202)],
    "api/conversations": [people("GET", "/api/conversations", 200)],
    "api/conversations/<uuid:conversation_id>": [
        owner_only("GET", "/api/conversations/{conversation}", 200),
        owner_only("PATCH", "/api/conversations/{conversation}", 200, {"title": "Renamed"}),
        # Last: it takes the conversation away.
        Row("DELETE", "/api/conversations/{conversation}", 204, 404, 401, 401),
    ],
    "api/conversations/<uuid:conversation_id>/restore": [
        owner_only("POST", "/api/conversations/{conversation}/restore", 200)
    ],
    "api/conversations/<uuid:conversation_id>/export": [
        owner_only("GET", "/api/conversations/{conversation}/export?format=json", 200)
    ],
    "api/conversations/<uuid:conversation_id>/messages/<uuid:message_id>": [
        Row("DELETE", "/api/conversations/{conversation}/messages/{message}", 204, 404, 401, 401)
    ],
    "api/conversations/<uuid:conversation_id>/messages/<uuid:message_id>/restore": [
        owner_only("POST", "/api/conversations/{conversation}/messages/{message}/restore", 204)
    ],
    "api/export": [people("GET", "/api/export?format=json", 200)],
    # What it answers when all is well never ends.
    "api/events": [people("GET", "/api/events?after=x", 400)],
    "api/files/<uuid:file_id>": [owner_only("GET", "/api/files/{file}", 200)],
    "api/models": [
        people("GET", "/api/models", 200),
        # There is no such model.
        people("PATCH", "/api/models", 404, body={"name": "none", "favourite": True}),
    ],
    "api/budget": [people("GET", "/api/budget", 200, scopes=("chat", "usage"))],
    "healthz": [everybody("GET", "/healthz", 200)],
    "readyz": [everybody("GET", "/readyz", 200)],
    "metrics": [Row("GET", "/metrics", 403, 403, 401, 401, staff=200, clerk=200, scopes=("admin",))],
    "usage/": [Row("GET", "/usage/", 200, 200, LOGIN, LOGIN, is_page=True)],
    "settings/": [Row("GET", "/settings/", 302, 302, LOGIN, LOGIN, is_page=True)],
    "settings/profile/": [own("/settings/profile/")],
    "settings/profile/email/": [own("/settings/profile/email/")],
    "settings/password/": [own("/settings/password/")],
    "settings/password/set/": [own("/settings/password/set/", 302)],
    "settings/two-factor/": [own("/settings/two-factor/")],
    "settings/two-factor/app/": [own("/settings/two-factor/app/", 302)],
    "settings/two-factor/app/remove/": [own("/settings/two-factor/app/remove/", 404)],
    "settings/two-factor/codes/": [own("/settings/two-factor/codes/", 404)],
    "settings/two-factor/codes/new/": [own("/settings/two-factor/codes/new/", 302)],
    "settings/two-factor/codes/download/": [own("/settings/two-factor/codes/download/", 404)],
    "settings/two-factor/passkeys/add/": [own("/settings/two-factor/passkeys/add/", 302)],
    "settings/two-factor/passkeys/<int:pk>/remove/": [own("/settings/two-factor/passkeys/0/remove/", 302)],
    "settings/two-factor/passkeys/<int:pk>/": [own("/settings/two-factor/passkeys/0/", 302)],
    "settings/sessions/": [own("/settings/sessions/")],
    "settings/data/": [own("/settings/data/")],
    "settings/data/download": [recent("/settings/data/download")],
    "settings/data/delete": [recent("/settings/data/delete")],
    "settings/data/keep": [everybody("GET", "/settings/data/keep", LOGIN, is_page=True)],
    "settings/keys/": [Row("GET", "/settings/keys/", 200, 200, LOGIN, LOGIN, is_page=True)],
    "settings/keys/<int:key_id>/revoke": [
        Row("POST", "/settings/keys/{key}/revoke", 302, 404, 403, LOGIN, staff=404, is_page=True)
    ],
    "usage/export.csv": [people("GET", "/usage/export.csv", 200, scopes=("usage",))],
    "admin/usage/export.csv": [
        Row("GET", "/admin/usage/export.csv", 403, 403, 401, 401, staff=200, clerk=200, scopes=("admin",)),
        # Who may see the ledger may not see people for that.
        Row("GET", "/admin/usage/export.csv?user=1", 403, 403, 401, 401, staff=200, clerk=403, scopes=("admin",)),
    ],
    "admin/usage/reconcile/": [staff_only("/admin/usage/reconcile/")],
    "admin/usage/": [staff_only("/admin/usage/")],
}

ROWS = [row for rows in TABLE.values() for row in rows]
