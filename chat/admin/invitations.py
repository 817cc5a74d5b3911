"""Invitations in the admin, and links for a new password."""

import logging
from datetime import datetime
from typing import Any, Final, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import Group, User
from django.core.mail import EmailMessage
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from chat.accounts import post
from chat.admin.generic import ModelAdmin, ModelForm
from chat.models import Invitation, PasswordLink
from chat.models.permissions import grantable, touchable
from chat.views.access import KEPT_BY_NOBODY

logger = logging.getLogger(__name__)

CLOSED: Final = "Invitations open nothing while CHAT_SIGNUP is closed. Set it to invite, and start the site again."
NOT_THESE_RIGHTS: Final = "This group has rights that you do not have."
TAKEN: Final = "An account has this address already."
ONE: Final = "Choose one person: a link is for one account."
NOT_THEM: Final = "That account has more rights than yours, or is not active."


def link_page(request: HttpRequest, model_admin: Any, row: Model, title: str, path: str, mailed: str) -> HttpResponse:
    """Show a link this once, in the answer itself: a message would lie in a cookie or a session until it is read."""
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        "row": row,
        "link": request.build_absolute_uri(path),
        "mailed": mailed,
        "is_closed": isinstance(row, Invitation) and settings.CHAT_SIGNUP == "closed",
        "closed": CLOSED,
    }
    response = TemplateResponse(request, "admin/chat/link.html", context)
    response.headers["Cache-Control"] = KEPT_BY_NOBODY
    return response


class InvitationForm(ModelForm[Invitation]):
    """A new invitation: for whom, into which group, until when."""

    actor: User

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if email and User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError(TAKEN)
        return email

    def clean_group(self) -> Group | None:
        group: Group | None = self.cleaned_data["group"]
        if group is not None and not grantable(self.actor, [group]):
            raise forms.ValidationError(NOT_THESE_RIGHTS)
        return group

    def clean_expires_at(self) -> datetime:
        end: datetime = self.cleaned_data["expires_at"]
        if end <= timezone.now():
            raise forms.ValidationError("This time is over already.")
        return end


@admin.register(Invitation)
class InvitationAdmin(ModelAdmin[Invitation]):
    list_display = ("number", "email", "group", "inviter", "created_at", "expires_at", "is_now", "used_by", "used_at")
    list_display_links = None
    list_select_related = ("group", "inviter", "used_by")
    search_fields = ("email", "inviter__username", "used_by__username")
    fields = ("email", "group", "expires_at")
    actions = ("revoke",)
    form = InvitationForm

    def get_form(self, request: HttpRequest, obj: Invitation | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"actor": request.user})

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "group" and field is not None:
            given = [group.pk for group in Group.objects.all() if grantable(request.user, [group])]
            field.queryset = Group.objects.filter(pk__in=given)
        return field

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        """Nothing of one that was made is changed; revoking is an action."""
        return obj is None and super().has_change_permission(request, obj)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if settings.CHAT_SIGNUP == "closed" and request.method == "GET":
            self.message_user(request, CLOSED, messages.WARNING)
        return super().changelist_view(request, extra_context)

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        made, token = Invitation.issue(
            email=obj.email, group=obj.group, expires_at=obj.expires_at, inviter=cast(User, request.user)
        )
        for field in made._meta.concrete_fields:
            setattr(obj, field.attname, getattr(made, field.attname))
        obj._state.adding = False
        request.link = f"{reverse('invitation')}?{urlencode({'token': token})}"  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: Invitation, post_url_continue: str | None = None) -> HttpResponse:
        path = request.link  # type: ignore[attr-defined]
        mailed = ""
        if obj.email and settings.EMAIL_URL and settings.CHAT_SIGNUP != "closed":
            context = {
                "invitation": obj,
                "host": request.get_host(),
                "link": request.build_absolute_uri(path),
            }
            subject = render_to_string("account/email/invitation_subject.txt", context).strip()
            body = render_to_string("account/email/invitation_message.txt", context).strip()
            if post.send(EmailMessage(subject, body, to=[obj.email])):
                mailed = obj.email
        return link_page(request, self, obj, "Invitation", path, mailed)

    @admin.display(description="no.", ordering="pk")
    def number(self, row: Invitation) -> str:
        return str(row.pk)

    @admin.display(description="state")
    def is_now(self, row: Invitation) -> str:
        return row.state

    @admin.action(description="Revoke selected invitations", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        rows = list(queryset.filter(revoked_at=None, used_at=None))
        for row in rows:
            self.log_change(request, row, "Revoked.")
        Invitation.objects.filter(pk__in=[row.pk for row in rows], used_at=None).update(revoked_at=timezone.now())
        self.message_user(request, f"Revoked: {len(rows)}. From now on they open nothing.", messages.SUCCESS)


class PasswordLinks(ModelAdmin[User]):
    """Makes links with which one person chooses a new password."""

    @admin.action(description="Make a link for a new password", permissions=["change"])
    def make_password_link(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """For one active person who holds no more rights than who asks; links made before open nothing any more."""
        people = list(queryset[:2])
        if len(people) != 1:
            self.message_user(request, ONE, messages.ERROR)
            return None
        (person,) = people
        if not person.is_active or not touchable(request.user, person):
            self.message_user(request, NOT_THEM, messages.ERROR)
            return None
        PasswordLink.revoke_all(person)
        row, token = PasswordLink.issue(user=person, made_by=cast(User, request.user))
        self.log_change(request, person, "Made a link for a new password.")
        logger.info("User %d made a link for a new password of user %d", row.made_by_id or 0, person.pk)
        path = f"{reverse('new_password')}?{urlencode({'token': token})}"
        return link_page(request, self, row, f"New password for {person}", path, "")
