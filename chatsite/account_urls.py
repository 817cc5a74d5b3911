"""The addresses of accounts. The names are django-allauth's, which finds its own pages by them."""

from django.conf import settings
from django.urls import path, re_path
from django.views.generic.base import RedirectView

from chat.accounts.lazy import async_view, view

ISSUER = {"provider_id": settings.OIDC_ISSUER}

urlpatterns = [
    # The way in.
    path("login/", RedirectView.as_view(pattern_name="account_login", query_string=True), name="login"),
    path("admin/login/", view("chat.views.sign_in.admin_login"), name="admin_login"),
    path("admin/logout/", view("allauth.account.views.logout")),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("accounts/login/", view("chat.views.sign_in.login"), name="account_login"),
    path("accounts/logout/", view("allauth.account.views.logout"), name="account_logout"),
    path("accounts/inactive/", view("allauth.account.views.account_inactive"), name="account_inactive"),
    path("accounts/signup/", view("chat.views.sign_in.signup"), name="account_signup"),
    path("accounts/confirm/", view("allauth.account.views.reauthenticate"), name="account_reauthenticate"),
    path("accounts/again/", view("chat.views.sign_in.again"), name="sign_in_again"),
    path(
        "accounts/confirm-email/",
        view("allauth.account.views.email_verification_sent"),
        name="account_email_verification_sent",
    ),
    path(
        "accounts/confirm-email/<str:key>/", view("allauth.account.views.confirm_email"), name="account_confirm_email"
    ),
    path("accounts/password/reset/", view("chat.views.sign_in.forgotten"), name="account_reset_password"),
    path(
        "accounts/password/reset/done/",
        view("allauth.account.views.password_reset_done"),
        name="account_reset_password_done",
    ),
    # The key has a hyphen in it, too: the id ends at the first.
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        view("allauth.account.views.password_reset_from_key"),
        name="account_reset_password_from_key",
    ),
    path(
        "accounts/password/reset/key/done/",
        view("allauth.account.views.password_reset_from_key_done"),
        name="account_reset_password_from_key_done",
    ),
    path("accounts/invitation/", view("chat.views.invitation.invitation"), name="invitation"),
    path("accounts/new-password/", view("chat.views.invitation.new_password"), name="new_password"),
    # By another site's account. The provider sends people back to the second address, which it wants to know before.
    path("accounts/oidc/login/", async_view("chat.views.openid.login"), ISSUER, name="openid_connect_login"),
    path(
        "accounts/oidc/login/callback/",
        async_view("chat.views.openid.callback"),
        ISSUER,
        name="openid_connect_callback",
    ),
    path(
        "accounts/oidc/cancelled/",
        view("allauth.socialaccount.views.login_cancelled"),
        name="socialaccount_login_cancelled",
    ),
    path("accounts/oidc/signup/", view("allauth.socialaccount.views.signup"), name="socialaccount_signup"),
    path("settings/connections/", view("chat.views.connections.connections"), name="socialaccount_connections"),
    path("accounts/two-factor/", view("allauth.mfa.base.views.authenticate"), name="mfa_authenticate"),
    path("accounts/two-factor/confirm/", view("allauth.mfa.base.views.reauthenticate"), name="mfa_reauthenticate"),
    path("accounts/passkey/", view("allauth.mfa.webauthn.views.login_webauthn"), name="mfa_login_webauthn"),
    path(
        "accounts/passkey/confirm/",
        view("allauth.mfa.webauthn.views.reauthenticate_webauthn"),
        name="mfa_reauthenticate_webauthn",
    ),
    # One's own account.
    path("settings/profile/", view("chat.views.profile.profile"), name="settings_profile"),
    path("settings/profile/email/", view("chat.views.sign_in.email"), name="account_email"),
    path("settings/password/", view("allauth.account.views.password_change"), name="account_change_password"),
    path("settings/password/set/", view("allauth.account.views.password_set"), name="account_set_password"),
    # One page for what django-allauth has two for.
    *(
        path("settings/two-factor/", view("allauth.mfa.base.views.index"), name=name)
        for name in ("mfa_index", "mfa_list_webauthn")
    ),
    path("settings/two-factor/app/", view("allauth.mfa.totp.views.activate_totp"), name="mfa_activate_totp"),
    path("settings/two-factor/app/remove/", view("allauth.mfa.totp.views.deactivate_totp"), name="mfa_deactivate_totp"),
    path(
        "settings/two-factor/codes/",
        view("allauth.mfa.recovery_codes.views.view_recovery_codes"),
        name="mfa_view_recovery_codes",
    ),
    path(
        "settings/two-factor/codes/new/",
        view("allauth.mfa.recovery_codes.views.generate_recovery_codes"),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "settings/two-factor/codes/download/",
        view("allauth.mfa.recovery_codes.views.download_recovery_codes"),
        name="mfa_download_recovery_codes",
    ),
    path("settings/two-factor/passkeys/add/", view("allauth.mfa.webauthn.views.add_webauthn"), name="mfa_add_webauthn"),
    path(
        "settings/two-factor/passkeys/<int:pk>/remove/",
        view("allauth.mfa.webauthn.views.remove_webauthn"),
        name="mfa_remove_webauthn",
    ),
    path(
        "settings/two-factor/passkeys/<int:pk>/",
        view("allauth.mfa.webauthn.views.edit_webauthn"),
        name="mfa_edit_webauthn",
    ),
    path("settings/sessions/", view("chat.views.sessions.sessions"), name="usersessions_list"),
]
