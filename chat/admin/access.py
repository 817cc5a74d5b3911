"""API keys in the admin."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from chat.access import subscription
from chat.accounts.recent import recently_authenticated
from chat.admin.generic import ModelAdmin, ModelForm
from chat.models import ApiKey
from chat.models.access import USUAL_SCOPES, Scope
from chat.models.permissions import touchable
from chat.views.access import KEPT_BY_NOBODY

FIXED: Final = ("beginning", "created_at", "allows", "expires_at", "revoked_at")


class KeyForm(ModelForm[ApiKey]):
    """A new key: whose, what for, until when."""

    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, initial=USUAL_SCOPES, widget=forms.CheckboxSelectMultiple, help_text="At least one."
    )

    def clean_expires_at(self) -> datetime | None:
        end: datetime | None = self.cleaned_data["expires_at"]
        if end is not None and end <= timezone.now():
            raise forms.ValidationError("This time is over already.")
        return end


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin[ApiKey]):
    list_display = ("name", "user", "beginning", "created_at", "in_force", "allows", "expires_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__username")
    actions = ("revoke",)

    class Media:
        css = {"all": ["chat/admin/admin.css"]}

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Make one only for who has proved a short while ago who they are, as under `/settings/keys/`."""
        add = super().add_view
        if not self.has_add_permission(request):
            return add(request, form_url, extra_context)
        guarded = recently_authenticated(lambda asked: add(asked, form_url, extra_context))
        return cast(HttpResponse, guarded(request))

    def get_form(self, request: HttpRequest, obj: ApiKey | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **(kwargs if obj else {"form": KeyForm, **kwargs}))

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("user", "name", "scopes", "expires_at")
        return ("user", "name", *FIXED)

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        return ("user", *FIXED) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or touchable(request.user, obj.user))

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or touchable(request.user, obj.user))

    def get_deleted_objects(
        self, objs: QuerySet[Any] | Sequence[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[Any, Any], set[Any], list[Any]]:
        """Name in the third place what must stay; Django then deletes nothing."""
        shown, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        others = {key.user for key in objs if not touchable(request.user, key.user)}
        return shown, counts, forbidden | {f"key of the more powerful user {user}" for user in others}, protected

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        # A key speaks for its user: whoever could issue one for an admin would be that admin.
        if db_field.name == "user" and not request.user.is_superuser:
            kwargs["queryset"] = User.objects.filter(username=request.user.get_username())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: ModelForm[ApiKey], change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        issued, key = ApiKey.issue(obj.user, obj.name, scopes=obj.scopes, expires_at=obj.expires_at)
        for field in issued._meta.concrete_fields:
            setattr(obj, field.attname, getattr(issued, field.attname))
        obj._state.adding = False
        request.issued_key = key  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        """Show the key in the answer itself: a message would lie in a cookie or a session until it is read."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"API key for {obj.user}",
            "row": obj,
            "key": request.issued_key,  # type: ignore[attr-defined]
            "scopes": self.allows(obj),
        }
        response = TemplateResponse(request, "admin/chat/apikey/issued.html", context)
        response.headers["Cache-Control"] = KEPT_BY_NOBODY
        return response

    @admin.display(description="begins with", ordering="prefix")
    def beginning(self, key: ApiKey) -> str:
        return f"{key.prefix}…"

    @admin.display(boolean=True)
    def in_force(self, key: ApiKey) -> bool:
        return key.revoked_at is None and not key.is_expired

    @admin.display(description="scopes")
    def allows(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    @admin.action(description="Revoke selected API keys", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        valid = queryset.filter(revoked_at__isnull=True)
        revoked = [key for key in valid if self.has_change_permission(request, key)]
        for key in revoked:
            self.log_change(request, key, "Revoked.")
        ApiKey.objects.filter(pk__in=[key.pk for key in revoked]).update(revoked_at=timezone.now())
        subscription.publish()
        self.message_user(request, f"Revoked: {len(revoked)}. From now on they open nothing.", messages.SUCCESS)
