"""The forms of django-allauth with our labels."""

from typing import Any

from allauth.account import forms as account


def relabel(form: Any, **labels: str) -> None:
    """Give the fields that a form has these labels, and no placeholder: a label does not go away while one types."""
    for name, field in form.fields.items():
        field.widget.attrs.pop("placeholder", None)
        field.label = labels.get(name, field.label)


class LoginForm(account.LoginForm):  # type: ignore[misc]
    """Name or mail, and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        relabel(self, login="Name or email")
        self.fields["login"].widget.attrs |= {"autocomplete": "username webauthn", "autofocus": True}
        self.fields["login"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}
        # Its help is a link to a page that not every site has.
        self.fields["password"].help_text = ""
