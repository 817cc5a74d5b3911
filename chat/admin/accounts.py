"""Second factors and sessions in the admin: to see that they are there, and to remove them.

Nothing of what they hold is shown: a session's key is the session, and whoever could confirm a mail address could
have a password sent to it. django-allauth's own pages show and change both.
"""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from chat.admin.generic import ModelAdmin
from chat.models.permissions import touchable

for model in (EmailAddress, Authenticator, UserSession, SocialAccount, SocialApp, SocialToken):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class RemovableAdmin(ModelAdmin[Any]):
    """Rows that can be seen, and deleted by who may touch their owner."""

    list_select_related = ("user",)
    search_fields = ("user__username",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or touchable(request.user, obj.user))


@admin.register(Authenticator)
class AuthenticatorAdmin(RemovableAdmin):
    """What a person who lost their phone is helped with: without its rows, the password is enough again."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    fields = ("user", "type", "created_at", "last_used_at")


@admin.register(UserSession)
class UserSessionAdmin(RemovableAdmin):
    """Who is signed in, where. Deleting ends the session."""

    list_display = ("user", "created_at", "ip", "user_agent")
    fields = ("user", "created_at", "ip", "user_agent")

    def delete_model(self, request: HttpRequest, obj: UserSession) -> None:
        obj.end()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[UserSession]) -> None:
        for session in queryset:
            session.end()
