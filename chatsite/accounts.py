"""The addresses of accounts. The names are django-allauth's, which finds its own pages by them."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.usersessions import views as usersessions
from django.urls import path
from django.views.generic.base import RedirectView

from chat.views import door

urlpatterns = [
    # The way in.
    path("login/", RedirectView.as_view(pattern_name="account_login", query_string=True), name="login"),
    path("admin/login/", door.admin_login, name="admin_login"),
    path("admin/logout/", account.logout),
    path("admin/password_change/", RedirectView.as_view(pattern_name="settings_password")),
    path("accounts/login/", door.login, name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/inactive/", account.account_inactive, name="account_inactive"),
    path("accounts/signup/", account.signup, name="account_signup"),
    path("accounts/confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("accounts/confirm-email/", account.email_verification_sent, name="account_email_verification_sent"),
    path("accounts/confirm-email/<str:key>/", account.confirm_email, name="account_confirm_email"),
    path("accounts/password/reset/", account.password_reset, name="account_reset_password"),
    path("accounts/password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path(
        "accounts/password/reset/key/<str:uidb36>-<str:key>/",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "accounts/password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("accounts/two-factor/", mfa.authenticate, name="mfa_authenticate"),
    path("accounts/two-factor/confirm/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("accounts/passkey/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path("accounts/passkey/confirm/", webauthn.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    # One's own account.
    path("settings/profile/email/", account.email, name="account_email"),
    path("settings/password/", account.password_change, name="settings_password"),
    path("settings/password/", account.password_change, name="account_change_password"),
    path("settings/password/set/", account.password_set, name="account_set_password"),
    path("settings/two-factor/", mfa.index, name="settings_two_factor"),
    path("settings/two-factor/", mfa.index, name="mfa_index"),
    path("settings/two-factor/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("settings/two-factor/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("settings/two-factor/codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("settings/two-factor/codes/new/", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path(
        "settings/two-factor/codes/download/",
        recovery_codes.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path("settings/two-factor/passkeys/", mfa.index, name="mfa_list_webauthn"),
    path("settings/two-factor/passkeys/add/", webauthn.add_webauthn, name="mfa_add_webauthn"),
    path("settings/two-factor/passkeys/<int:pk>/remove/", webauthn.remove_webauthn, name="mfa_remove_webauthn"),
    path("settings/two-factor/passkeys/<int:pk>/", webauthn.edit_webauthn, name="mfa_edit_webauthn"),
    path("settings/sessions/", usersessions.list_usersessions, name="settings_sessions"),
    path("settings/sessions/", usersessions.list_usersessions, name="usersessions_list"),
]
