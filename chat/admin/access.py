"""People and their API keys in the admin."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from chat.admin.deletion import AccountDeletion, CountedDeletion
from chat.admin.generic import ModelAdmin, ModelForm, UserAdmin
from chat.models import ApiKey, Budget, Conversation, Generation, Message, RateLimit

admin.site.unregister(User)


@admin.register(User)
class PersonAdmin(AccountDeletion, CountedDeletion, UserAdmin[User]):
    """Django's own, but for how a person is deleted, and the page that asks before."""

    def belongings(self, objs: list[Any]) -> Iterable[QuerySet[Any]]:
        return (
            Conversation.objects.filter(owner__in=objs),
            Message.objects.filter(conversation__owner__in=objs),
            Generation.objects.filter(owner__in=objs),
            ApiKey.objects.filter(user__in=objs),
            Budget.objects.filter(Q(user__in=objs) | Q(api_key__user__in=objs)),
            RateLimit.objects.filter(user__in=objs),
        )


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin[ApiKey]):
    list_display = ("name", "user", "beginning", "created_at", "in_force", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__username")
    actions = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        return ("user", "name", "beginning", "created_at", "revoked_at") if obj else ("user", "name")

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        return ("user", "beginning", "created_at", "revoked_at") if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        # A key speaks for its user: whoever could issue one for an admin would be that admin.
        if db_field.name == "user" and not request.user.is_superuser:
            kwargs["queryset"] = User.objects.filter(username=request.user.get_username())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: ModelForm[ApiKey], change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        issued, key = ApiKey.issue(obj.user, obj.name)
        for field in issued._meta.concrete_fields:
            setattr(obj, field.attname, getattr(issued, field.attname))
        obj._state.adding = False
        note = "The key, shown this once: <code>{}</code> Copy it now; only its hash is kept."
        self.message_user(request, format_html(note, key), messages.WARNING)

    @admin.display(description="begins with", ordering="prefix")
    def beginning(self, key: ApiKey) -> str:
        return f"{key.prefix}…"

    @admin.display(boolean=True)
    def in_force(self, key: ApiKey) -> bool:
        return key.revoked_at is None

    @admin.action(description="Revoke selected API keys", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in (revoked := list(queryset.filter(revoked_at__isnull=True))):
            self.log_change(request, key, "Revoked.")
        queryset.filter(pk__in=[key.pk for key in revoked]).update(revoked_at=timezone.now())
        self.message_user(request, f"Revoked: {len(revoked)}. From now on they open nothing.", messages.SUCCESS)
