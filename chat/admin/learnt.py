"""What was learnt of a model's server, on the model's page: a line each, with a tick to forget it."""

from typing import Any

from django import forms

from chat.admin.generic import ModelForm
from chat.catalog.learnt import described, forgetting
from chat.models import ChatModel

TAUGHT = "What its server taught"


class ChatModelForm(ModelForm[ChatModel]):
    forget = forms.MultipleChoiceField(
        label=TAUGHT,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Tick what is to be forgotten. Where it is still so, the next answer teaches it again.",
    )

    class Meta:
        model = ChatModel
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # With the right to view only, the form has no such field.
        if "forget" in self.fields:
            self.fields["forget"].choices = list(described(self.instance.learnt).items())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        # Said in the admin's log, where it is known no more once it is saved.
        self.forgotten = self._ticked()
        said = cleaned or {}
        if (said.get("groups") or said.get("people")) and not said.get("is_limited"):
            self.add_error("is_limited", "Tick this, or everybody may use it: groups and people are named below.")
        return cleaned

    def _ticked(self) -> list[str]:
        known = described(self.instance.learnt)
        return [known[key] for key in self.cleaned_data.get("forget", ()) if key in known]

    def save(self, commit: bool = True) -> ChatModel:
        model = super().save(commit=False)
        model.learnt = forgetting(model.learnt, self.cleaned_data.get("forget", []))
        if "context_window" in self.changed_data:
            origins = ChatModel.WindowOrigin
            model.context_window_origin = origins.UNKNOWN if model.context_window is None else origins.ADMIN
        if commit:
            model.save()
            self.save_m2m()
        return model
