"""Django settings. Everything an operator may change comes from the environment and is read at the top."""

import os
from pathlib import Path
from typing import Any, Final

import dj_database_url

from chatsite.configuration.data_directory import keep_private
from chatsite.configuration.environment import Environment
from chatsite.configuration.fingerprint import fingerprint
from chatsite.configuration.mail import mail_server
from chatsite.configuration.openid import openid_provider
from chatsite.configuration.secret_key import secret_key, weakness

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment(os.environ)

DATA_DIR = env.path("CHATSITE_DATA_DIR", BASE_DIR / "data")
keep_private(DATA_DIR)
DATABASE_URL = env.url("DATABASE_URL", {"sqlite", "postgres", "postgresql"})
REDIS_URL = env.url("REDIS_URL", {"redis", "rediss", "unix"})

DEBUG = env.flag("DEBUG", default=False)
given_key = env.text("SECRET_KEY")
SECRET_KEY = given_key or secret_key(DATA_DIR / "secret_key")
if problem := weakness(SECRET_KEY):
    place = "SECRET_KEY" if given_key else "The file secret_key in the data directory"
    env.problems.append(
        f"{place} {problem}. Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'; "
        "or leave SECRET_KEY unset and remove the file, then one is made."
    )
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")

# Read again by each provider's row; here they are only checked.
for address in ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"):
    env.url(address, {"http", "https"})

CHAT_TITLE_MODEL = env.text("CHAT_TITLE_MODEL")
CHAT_TITLE_ANY_PROVIDER = env.flag("CHAT_TITLE_ANY_PROVIDER", default=False)
CHAT_IDLE_TIMEOUT = env.seconds("CHAT_IDLE_TIMEOUT", 60)
CHAT_FIRST_TOKEN_TIMEOUT = env.seconds("CHAT_FIRST_TOKEN_TIMEOUT", 300)
CHAT_TOTAL_TIMEOUT = env.seconds("CHAT_TOTAL_TIMEOUT", 600)
CHAT_MAX_RETRIES = env.whole_number("CHAT_MAX_RETRIES", 3)
CHAT_MAX_CONTINUATIONS = env.whole_number("CHAT_MAX_CONTINUATIONS", 1)
CHAT_DISCONNECT_GRACE = env.grace("CHAT_DISCONNECT_GRACE", 60)
CHAT_MAX_STREAMS_PER_USER = env.whole_number("CHAT_MAX_STREAMS_PER_USER", 10)
CHAT_MESSAGES_PER_MINUTE = env.whole_number("CHAT_MESSAGES_PER_MINUTE", 60)
CHAT_MAX_FOLLOWERS_PER_USER = env.whole_number("CHAT_MAX_FOLLOWERS_PER_USER", 50)
CHAT_STORED_CHARS_PER_USER = env.whole_number("CHAT_STORED_CHARS_PER_USER", 500_000_000)
CHAT_MAX_MESSAGE_CHARS = env.whole_number("CHAT_MAX_MESSAGE_CHARS", 100_000, minimum=1)
CHAT_BUNDLES = env.flag("CHAT_BUNDLES", default=not DEBUG)
CHAT_ADMIN_READS = env.flag("CHAT_ADMIN_READS", default=True)
CHAT_SIGNUP = env.choice("CHAT_SIGNUP", ("closed", "invite", "open"))
mail = mail_server(env)
openid = openid_provider(env)
CHAT_LOG_FORMAT = env.choice("CHAT_LOG_FORMAT", ("text", "json"))
CHAT_METRICS_TOKEN = env.text("CHAT_METRICS_TOKEN")
CHAT_METRICS_TOKEN_WEAKNESS = weakness(CHAT_METRICS_TOKEN) if CHAT_METRICS_TOKEN else ""
CHAT_SECURITY_CONTACT = env.contacts("CHAT_SECURITY_CONTACT")
CHAT_MAX_BODY_BYTES = env.whole_number("CHAT_MAX_BODY_BYTES", 2 * 1024 * 1024, minimum=1)

ENVIRONMENT_PROBLEMS = env.problems

# An https origin says that a TLS proxy stands in front: then cookies and redirects are for https only, and the
# proxy's X-Forwarded-Proto is believed.
BEHIND_TLS = any(origin.startswith("https://") for origin in CSRF_TRUSTED_ORIGINS)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if BEHIND_TLS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
# The checks look for Django's own middleware by name; ours are subclasses of it, and tests see the headers they send.
SILENCED_SYSTEM_CHECKS = ["security.W001", "security.W002", "security.W003"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_AGE = 30 * 24 * 3600
DATA_UPLOAD_MAX_MEMORY_SIZE = CHAT_MAX_BODY_BYTES

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    # Only where people sign in with it: it brings another HTTP library along.
    *(["allauth.socialaccount.providers.openid_connect"] if openid else []),
    # For its commands.
    "chatsite",
    # The last: it takes the place of some of their pages in the admin.
    "chat",
]

MIDDLEWARE = [
    "chatsite.middleware.privacy.Privacy",
    "chatsite.middleware.request_log.RequestLog",
    "chatsite.middleware.charset.Charset",
    "chatsite.middleware.builtin.SecurityMiddleware",
    "chatsite.middleware.static_files.StaticFiles",
    "chatsite.middleware.content_security_policy.ContentSecurityPolicy",
    "chatsite.middleware.builtin.SessionMiddleware",
    "chatsite.middleware.builtin.CommonMiddleware",
    "chatsite.middleware.builtin.CsrfViewMiddleware",
    "chatsite.middleware.builtin.AuthenticationMiddleware",
    "chatsite.middleware.builtin.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "chatsite.middleware.builtin.XFrameOptionsMiddleware",
    "chatsite.login.throttle.LoginThrottle",
]

ROOT_URLCONF = "chatsite.urls"
ASGI_APPLICATION = "chatsite.asgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# WAL lets readers pass a writer; IMMEDIATE takes the write lock at BEGIN, where SQLite waits for it. Without
# IMMEDIATE two transactions that read first and write later fail with "database is locked" whatever the timeout.
# The log is written back by chatsite.application.checkpoint, and by a transaction only from 10,000 pages (40 MB) on.
SQLITE_OPTIONS: Final = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=10000;",
}
DATABASES: dict[str, Any] = {"default": dj_database_url.parse(DATABASE_URL or f"sqlite:///{DATA_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"].setdefault("OPTIONS", {}).update(SQLITE_OPTIONS)
    # A file, not memory: the tests use several threads, and each has a connection of its own.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
else:
    # Requests come and go on threads of their own; connections belong to the process.
    DATABASES["default"].setdefault("OPTIONS", {}).update(pool={"min_size": 1, "max_size": 19})
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

if REDIS_URL:
    # Whoever waits for a page shall not wait for a cache.
    patience = {"socket_timeout": 1, "socket_connect_timeout": 1}
    CACHES: dict[str, Any] = {
        "default": {"BACKEND": "chatsite.redis_cache.Cache", "LOCATION": REDIS_URL, "OPTIONS": patience}
    }
    SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
    CHANNEL_LAYERS: dict[str, Any] = {
        "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    SESSION_ENGINE = "django.contrib.sessions.backends.db"
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
# The first one stores; all of them hash in threads of their own.
PASSWORD_HASHERS = [f"chatsite.login.hashers.{name}" for name in ("PBKDF2", "PBKDF2SHA1", "Scrypt")]

# What may be shown of the mail server; empty where no mail can be sent. Its password is only in what Django hides.
EMAIL_URL = mail.address if mail else ""
if mail:
    DEFAULT_FROM_EMAIL = SERVER_EMAIL = mail.sender
    EMAIL_HOST, EMAIL_PORT = mail.host, mail.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = mail.user, mail.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = mail.scheme == "smtp+tls", mail.scheme == "smtps"
    # For each step; mail is sent by threads of its own (chat.accounts.post).
    EMAIL_TIMEOUT = 5
EMAIL_TELLS_PASSWORD = mail is not None and mail.tells_password
OIDC_ISSUER = openid.issuer if openid else ""
OIDC_NAME = openid.name if openid else ""
OIDC_GROUPS_CLAIM = openid.groups_claim if openid else ""
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {"openid_connect": {"APPS": [openid.app] if openid else []}}
SOCIALACCOUNT_ADAPTER = "chat.accounts.openid.OpenIdAdapter"
SOCIALACCOUNT_FORMS = {"signup": "chat.accounts.forms.OpenIdSignupForm"}
# The only one: what another one let in would not be in anybody's list of sessions.
AUTHENTICATION_BACKENDS = ["chat.accounts.backend.Backend"]
ACCOUNT_ADAPTER = "chat.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "chat.accounts.forms.LoginForm",
    "reauthenticate": "chat.accounts.forms.ReauthenticateForm",
    "change_password": "chat.accounts.forms.ChangePasswordForm",
    "set_password": "chat.accounts.forms.SetPasswordForm",
    "reset_password_from_key": "chat.accounts.forms.ResetPasswordKeyForm",
    "add_email": "chat.accounts.forms.AddEmailForm",
    "signup": "chat.accounts.forms.SignupForm",
    "reset_password": "chat.accounts.forms.ResetPasswordForm",
}
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "chat.accounts.reset.TokenGenerator"  # noqa: S105 - a class
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*" if mail else "email", "password1*"]
# One address a person; a new one takes the old one's place once it is confirmed.
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_CONFIRMATION_AUTHENTICATED_REDIRECT_URL = "settings_profile"
# Before the first sign-in only (chat.accounts.stage).
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if mail else "none"
# Whoever asks for a new password with an address that nobody has is told so by mail only where they may sign up.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = CHAT_SIGNUP == "open"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if BEHIND_TLS else "http"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Not by a code that is mailed: who reads somebody's mail on a browser left open shall not change their account there.
ACCOUNT_REAUTHENTICATION_METHODS = ["password", "mfa"]
# Every door has one brake, which counts for all processes and tells how long to wait (chatsite.attempt). Of those of
# django-allauth, each process's own, one is left: `confirm_email` keeps a message from being sent again at once.
BRAKED: Final = ("login", "login_failed", "signup", "reauthenticate", "reset_password", "reset_password_from_key")
ACCOUNT_RATE_LIMITS = dict.fromkeys((*BRAKED, "change_password", "manage_email"))
MFA_RATE_LIMITS = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_ADAPTER = "chat.accounts.factor.FactorAdapter"
MFA_FORMS = {
    "add_webauthn": "chat.accounts.passkey.AddForm",
    "authenticate_webauthn": "chat.accounts.passkey.AuthenticateForm",
    "login_webauthn": "chat.accounts.passkey.LoginForm",
    "reauthenticate_webauthn": "chat.accounts.passkey.ReauthenticateForm",
    "authenticate": "chat.accounts.code.AuthenticateForm",
    "reauthenticate": "chat.accounts.code.ReauthenticateForm",
    "activate_totp": "chat.accounts.code.ActivateForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
# Not every site can send mail, and nobody makes an account in another one's name.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "chatsite"
# A clock that is half a minute off is the usual one.
MFA_TOTP_TOLERANCE = 1
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

# All addresses change with any file, and modules import their neighbours: what was fetched once is kept for good.
# What makes bundles of them counts as one of them.
STATIC_FINGERPRINT = fingerprint(BASE_DIR / "static", BASE_DIR / "chatsite" / "bundles")
STATIC_URL = f"static/{STATIC_FINGERPRINT}/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Static files are served from where they lie: there is no build step and no collectstatic to forget. Bundles of them
# are made when the first page is asked for.
WHITENOISE_STATIC_PREFIX = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 0
WHITENOISE_ALLOW_ALL_ORIGINS = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"text": {"()": "chatsite.log_format.Text"}, "json": {"()": "chatsite.log_format.Json"}},
    "filters": {"wrong_host": {"()": "chatsite.log_format.WrongHost"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": CHAT_LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # A refused request is an answer, not an event: Django would log each 404 and 401.
    # A line for each request and each answer is for what collects them; a person would not see the others any more.
    "loggers": {
        "chat": {"level": "INFO"},
        "chat.generation.report": {"level": "INFO" if CHAT_LOG_FORMAT == "json" else "WARNING"},
        "chatsite.middleware.request_log": {"level": "INFO" if CHAT_LOG_FORMAT == "json" else "WARNING"},
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"handlers": ["console"], "filters": ["wrong_host"], "propagate": False},
    },
}
