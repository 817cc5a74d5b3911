"""Providers and their models."""

import os
import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import Q, TextChoices
from django.utils import timezone

from chat.models.shallow_json import ShallowJSONField

DEFAULT_BASE_URLS = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com", "demo": ""}
BASE_URL_VARIABLES = {"openai": "OPENAI_BASE_URL", "anthropic": "ANTHROPIC_BASE_URL"}
# Where OpenAI and Anthropic themselves answer, also as eu.api.openai.com and the like.
OWN_HOSTS = {"openai": "api.openai.com", "anthropic": "api.anthropic.com"}
ADMIN_KEY_VARIABLES = {"openai": "OPENAI_ADMIN_KEY", "anthropic": "ANTHROPIC_ADMIN_KEY"}

KEY_VARIABLES = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}


def validate_base_url(value: str) -> None:
    """Refuse anything but a plain http(s) address: credentials in it would be stored and shown."""
    try:
        parts = urlsplit(value)
    except ValueError:
        raise ValidationError("This is no address.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValidationError("Enter an address that begins with http:// or https://.")
    if parts.username or parts.password or parts.query:
        raise ValidationError("The address must carry no user, password or query; keys belong in a variable.")


def validate_learnt(value: Any) -> None:
    """Refuse what is not what `chat.catalog.learnt` makes of a server's answers."""
    kinds: dict[str, type] = {
        "refused": list,
        "renamed": dict,
        "gives_no_reason": bool,
        "begins_in_thought": bool,
        "gives_reasons": bool,
        "answers_without_reason": int,
    }
    if not isinstance(value, dict) or not all(type(found) is kinds.get(name) for name, found in value.items()):
        raise ValidationError("This is nothing that a server teaches.")
    names = [*value.get("refused", ()), *value.get("renamed", {}).values()]
    if not all(isinstance(name, str) for name in names) or value.get("answers_without_reason", 0) < 0:
        raise ValidationError("Parameters have names, and counts are not below zero.")


class Provider(models.Model):
    """A service that serves models. Its key stays in the environment; the row only names the variable."""

    class Kind(TextChoices):
        OPENAI = "openai", "OpenAI-compatible"
        ANTHROPIC = "anthropic", "Anthropic-compatible"
        DEMO = "demo", "Built-in demo"

    class PromptCaching(TextChoices):
        AUTO = "auto", "at OpenAI's and Anthropic's own addresses"
        OFF = "off", "off"
        ON = "on", "on"
        HOUR = "hour", "on, kept for an hour (Anthropic's format)"

    name = models.SlugField(max_length=50, unique=True)
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.OPENAI)
    base_url = models.CharField(
        "base URL",
        max_length=300,
        blank=True,
        validators=[validate_base_url],
        help_text="Empty: the variable OPENAI_BASE_URL or ANTHROPIC_BASE_URL, and without it the kind's own address.",
    )
    api_key_variable = models.CharField(
        "API key variable",
        max_length=100,
        blank=True,
        validators=[RegexValidator(r"\A[A-Z][A-Z0-9_]*_API_KEY\Z", "Name a variable that ends with _API_KEY.")],
        help_text="The environment variable that holds the key, such as OPENAI_API_KEY. Empty: no key is sent.",
    )
    enabled = models.BooleanField(default=True)
    prompt_caching = models.CharField(
        max_length=4,
        choices=PromptCaching.choices,
        default=PromptCaching.AUTO,
        help_text="Asks the provider to keep a conversation's beginning for its next question, which then costs a "
        "fraction. Anthropic takes a quarter more for what it keeps for five minutes, twice as much for an hour; "
        "OpenAI a quarter more from GPT-5.6 on, and keeps it for half an hour.",
    )
    admin_key_variable = models.CharField(
        "admin key variable",
        max_length=100,
        blank=True,
        validators=[RegexValidator(r"\A[A-Z][A-Z0-9_]*_ADMIN_KEY\Z", "Name a variable that ends with _ADMIN_KEY.")],
        help_text="The environment variable that holds an admin key, with which the provider's own account is read to "
        "reconcile it with the ledger. Empty: OPENAI_ADMIN_KEY or ANTHROPIC_ADMIN_KEY, at their own addresses only.",
    )
    drain_seconds = models.PositiveSmallIntegerField(
        "read on after Stop, seconds",
        default=0,
        validators=[MaxValueValidator(30)],
        help_text="For the provider's own count instead of an estimate, at the cost of what it still says. "
        "0: Stop closes the connection at once.",
    )
    drain_tokens = models.PositiveIntegerField(
        "read on after Stop, pieces", default=500, help_text="And at most so many pieces of the answer."
    )
    list_problem = models.CharField(
        "list of models", max_length=500, blank=True, editable=False, help_text="Why it was not read; empty if it was."
    )
    look_again_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When its list of models is read again; empty: at a start."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["openai", "anthropic", "demo"]), name="provider_kind_known"),
            models.CheckConstraint(
                condition=Q(api_key_variable="") | Q(api_key_variable__endswith="_API_KEY"),
                name="provider_key_is_a_variable",
            ),
            models.CheckConstraint(
                condition=Q(admin_key_variable="") | Q(admin_key_variable__endswith="_ADMIN_KEY"),
                name="provider_admin_key_is_a_variable",
            ),
            models.CheckConstraint(
                condition=Q(prompt_caching__in=["auto", "off", "on", "hour"]), name="provider_caching_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """The base URL in force, without a slash at its end."""
        from_environment = os.environ.get(BASE_URL_VARIABLES.get(self.kind, ""), "").strip()
        return (self.base_url or from_environment or DEFAULT_BASE_URLS[self.kind]).rstrip("/")

    @property
    def api_key(self) -> str:
        """The key, read from the environment each time; empty where there is none."""
        if not re.fullmatch(r"[A-Z][A-Z0-9_]*_API_KEY", self.api_key_variable):
            return ""
        return os.environ.get(self.api_key_variable, "").strip()

    @property
    def is_own_address(self) -> bool:
        """Whether OpenAI or Anthropic themselves answer there, and nobody who is merely compatible."""
        own = OWN_HOSTS.get(self.kind, "")
        try:
            parts = urlsplit(self.address)
        except ValueError:
            return False
        host = parts.hostname or ""
        return parts.scheme == "https" and bool(own) and (host == own or host.endswith(f".{own}"))

    @property
    def caches_prompts(self) -> bool:
        """Whether it is asked to; others than the two may refuse parameters that they do not know."""
        if self.prompt_caching == self.PromptCaching.AUTO:
            return self.is_own_address
        return self.prompt_caching != self.PromptCaching.OFF

    @property
    def admin_variable(self) -> str:
        """The variable that holds the admin key; empty where none is sent: it opens a whole organisation."""
        return self.admin_key_variable or (ADMIN_KEY_VARIABLES[self.kind] if self.is_own_address else "")

    @property
    def admin_key(self) -> str:
        """The key that opens its account, read from the environment each time; empty where there is none."""
        if not re.fullmatch(r"[A-Z][A-Z0-9_]*_ADMIN_KEY", self.admin_variable):
            return ""
        return os.environ.get(self.admin_variable, "").strip()

    @property
    def is_the_sdks_own(self) -> bool:
        """Whether it is who OpenAI's or Anthropic's SDK reaches by itself: its variable's key, at its own address."""
        return self.api_key_variable == KEY_VARIABLES.get(self.kind) and self.address == DEFAULT_BASE_URLS[self.kind]

    @property
    def is_configured(self) -> bool:
        """Whether it can be asked at all: OpenAI's and Anthropic's own addresses want a key, others may not."""
        if self.kind == self.Kind.DEMO:
            return True
        return bool(self.api_key) or self.address != DEFAULT_BASE_URLS[self.kind]


class ChatModel(models.Model):
    """A model people may choose."""

    class WindowOrigin(TextChoices):
        # Also of what was there before anybody noted whence: `import_windows` finds out.
        UNKNOWN = "", "unknown"
        BUNDLED = "bundled", "genai-prices"
        SERVER = "server", "told by its server"
        ADMIN = "admin", "entered by an admin"

    name = models.CharField(
        max_length=200,
        unique=True,
        help_text="What people see and API callers send: the provider's name for it, or provider/name if taken.",
    )
    provider = models.ForeignKey(Provider, models.PROTECT, related_name="models")
    # Some servers call a model by the path of its file.
    upstream_name = models.CharField(max_length=1000, help_text="The provider's own name for it.")
    enabled = models.BooleanField(default=True)
    is_listed = models.BooleanField(default=True, editable=False, help_text="Whether the provider still has it.")
    # Not told by the lists being empty: the deletion of the last group must not open the model to everybody.
    is_limited = models.BooleanField(
        "limited", default=False, help_text="Only for the groups and people below. Otherwise everybody may use it."
    )
    groups = models.ManyToManyField("auth.Group", blank=True, related_name="+", help_text="Whose members may use it.")
    people = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", help_text="Who may use it besides."
    )
    favourite_of = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, editable=False, related_name="+")
    is_default = models.BooleanField(default=False, help_text="The choice for people who have not chosen yet.")
    description = models.CharField(
        max_length=200, blank=True, help_text="What it is good for, in a few words; people see it where they choose."
    )
    position = models.PositiveIntegerField(default=0, help_text="Order in the picker, after the default.")
    context_window = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Tokens it takes at once, question and answer together; older messages that do not fit are not sent. "
        "Empty: filled in where it is known. 0: everything is sent.",
    )
    context_window_origin = models.CharField(max_length=8, choices=WindowOrigin.choices, blank=True, editable=False)
    learnt = ShallowJSONField(
        default=dict,
        blank=True,
        editable=False,
        validators=[validate_learnt],
        help_text="How its server is asked and read, from what it answered.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["position", "name"]
        verbose_name = "model"
        constraints = [
            models.UniqueConstraint(fields=["provider", "upstream_name"], name="chat_model_once_per_provider"),
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="chat_model_one_default"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(upstream_name=""), name="chat_model_named"),
        ]

    def __str__(self) -> str:
        return self.name
