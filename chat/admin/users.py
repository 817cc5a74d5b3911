"""People and groups in the admin."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm
from django.contrib.auth.models import Group, User
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from chat.accounts.names import TAKEN, is_taken
from chat.admin.deletion import AccountDeletion, CountedDeletion
from chat.admin.generic import UserAdmin
from chat.admin.invitations import PasswordLinks
from chat.models import ApiKey, Budget, Conversation, Generation, Message, RateLimit
from chat.models.permissions import touchable
from chat.models.superuser import FIELDS, LAST, includes_last

admin.site.unregister(User)
admin.site.unregister(Group)

# What makes somebody powerful, which superusers give and take.
POWERS: Final = ("is_staff", "is_superuser", "groups", "user_permissions")


class PersonForm(UserChangeForm):  # type: ignore[type-arg]
    """Says which name is another one's, and which person has to stay, before the database would refuse it."""

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        if "username" in self.changed_data and is_taken(name, self.instance):
            raise forms.ValidationError(TAKEN)
        return name

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        lost = [name for name in FIELDS if name in self.fields and not said.get(name)]
        if lost and includes_last([self.instance]):
            for name in lost:
                self.add_error(name, LAST)
        return said


class NewPasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """Stores a password and nothing else: hashing takes a while, and who was barred meanwhile stays so."""

    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit=False)
        if commit:
            user.save(update_fields=["password"])
        return user


@admin.register(User)
class PersonAdmin(PasswordLinks, AccountDeletion, CountedDeletion, UserAdmin[User]):
    """Django's own, but nobody touches who is more powerful, and superusers alone give power."""

    form = PersonForm
    change_password_form = NewPasswordForm
    actions = ("make_password_link",)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return fixed if request.user.is_superuser else (*fixed, *POWERS)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Write what was changed on the page, and not what somebody else changed since it was read."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        columns = {field.name for field in obj._meta.concrete_fields}
        obj.save(update_fields=columns.intersection(form.changed_data))

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or touchable(request.user, obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        allowed = super().has_delete_permission(request, obj) and (obj is None or touchable(request.user, obj))
        return allowed and (obj is None or not includes_last([obj]))

    def get_deleted_objects(
        self, objs: QuerySet[Any] | Sequence[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[Any, Any], set[Any], list[Any]]:
        """Name in the third place who must stay; Django then deletes nobody."""
        chosen = list(objs)
        shown, counts, forbidden, protected = super().get_deleted_objects(chosen, request)
        forbidden |= {f"more powerful user: {each}" for each in chosen if not touchable(request.user, each)}
        if includes_last(chosen):
            forbidden.add("last active superuser")
        return shown, counts, forbidden, protected

    def belongings(self, objs: list[Any]) -> Iterable[QuerySet[Any]]:
        return (
            Conversation.objects.filter(owner__in=objs),
            Message.objects.filter(conversation__owner__in=objs),
            Generation.objects.filter(owner__in=objs),
            ApiKey.objects.filter(user__in=objs),
            Budget.objects.filter(Q(user__in=objs) | Q(api_key__user__in=objs)),
            RateLimit.objects.filter(user__in=objs),
        )


@admin.register(Group)
class RightsGroupAdmin(GroupAdmin):
    """Groups hold rights: others than superusers look at them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser) and super().has_delete_permission(request, obj)

    def has_view_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Whoever was given the right to change groups may at least look at them."""
        return super().has_view_permission(request, obj) or request.user.has_perm("auth.change_group")
