"""Providers and models in the admin."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from chat.admin.generic import ModelAdmin
from chat.admin.learnt import TAUGHT, ChatModelForm
from chat.admin.prices import PriceInline
from chat.catalog.learnt import described
from chat.models import ChatModel, Provider
from chat.usage.prices import in_force, shown
from chat.views import formatting


@admin.register(Provider)
class ProviderAdmin(ModelAdmin[Provider]):
    list_display = ("name", "kind", "address_in_force", "api_key_variable", "key_is_set", "enabled")
    list_filter = ("enabled", "kind")
    search_fields = ("name", "base_url")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "name",
                    "kind",
                    "base_url",
                    "address_in_force",
                    "api_key_variable",
                    "key_is_set",
                    "enabled",
                    "models_are",
                )
            },
        ),
        ("What it costs", {"fields": ("prompt_caching", "admin_key_variable", "admin_key_is_set")}),
        ("When an answer is stopped", {"fields": ("drain_seconds", "drain_tokens")}),
    )
    readonly_fields = ("address_in_force", "key_is_set", "admin_key_is_set", "models_are")

    def get_readonly_fields(self, request: HttpRequest, obj: Provider | None = None) -> Any:
        """Where a key is sent, and which one, is for superusers: whoever chooses the address reads the key."""
        fixed = super().get_readonly_fields(request, obj)
        return (
            fixed
            if request.user.is_superuser
            else (*fixed, "kind", "base_url", "api_key_variable", "admin_key_variable")
        )

    def save_model(self, request: HttpRequest, obj: Provider, form: Any, change: bool) -> None:
        if not change or {"base_url", "kind", "api_key_variable", "enabled"} & set(form.changed_data):
            # The server reads its list of models within seconds.
            obj.look_again_at = timezone.now()
        super().save_model(request, obj, form, change)

    @admin.display(description="list of models")
    def models_are(self, provider: Provider) -> str:
        if provider.list_problem:
            return provider.list_problem
        return "is being read" if provider.look_again_at else ""

    @admin.display(description="address in force")
    def address_in_force(self, provider: Provider) -> str:
        if provider.kind == Provider.Kind.DEMO:
            return "built in"
        # An address from the environment may carry a password; only where it leads is shown.
        parts = urlsplit(provider.address)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()

    @admin.display(description="key is set", boolean=True)
    def key_is_set(self, provider: Provider) -> bool | None:
        """None where no key is asked for."""
        return bool(provider.api_key) if provider.api_key_variable else None

    @admin.display(description="admin key is set", boolean=True)
    def admin_key_is_set(self, provider: Provider) -> bool | None:
        """None where its account is not read."""
        return bool(provider.admin_key) if provider.admin_variable else None


@admin.register(ChatModel)
class ChatModelAdmin(ModelAdmin[ChatModel]):
    list_display = ("name", "provider", "price", "enabled", "default", "who")
    list_editable = ("enabled",)
    list_filter = ("enabled", "provider")
    list_select_related = ("provider",)
    search_fields = ("name", "upstream_name", "provider__name")
    form = ChatModelForm
    readonly_fields = ("is_default", "window_is", "price")
    autocomplete_fields = ("groups", "people")
    inlines = (PriceInline,)
    actions = ("make_default",)

    class Media:
        css = {"all": ["chat/admin/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChatModel]:
        now_in_force = Prefetch("prices", in_force(timezone.now()), to_attr="price_now")
        return super().get_queryset(request).prefetch_related(now_in_force, "groups", "people")

    def get_fields(self, request: HttpRequest, obj: ChatModel | None = None) -> Any:
        names = ("name", "provider", "upstream_name", "description", "context_window", "window_is")
        taught = ("forget",) if obj is not None and described(obj.learnt) else ()
        return (*names, *taught, "enabled", "is_limited", "groups", "people", "is_default", "position", "price")

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """Say what was forgotten: in the row it is not to be seen any more."""
        said = super().construct_change_message(request, form, formsets, add)
        forgotten = getattr(form, "forgotten", [])
        for each in said if forgotten else ():
            fields = each.get("changed", {}).get("fields", [])
            each.get("changed", {})["fields"] = [
                f"{TAUGHT} (forgotten: {' '.join(forgotten)})" if name == TAUGHT else name for name in fields
            ]
        return said

    @admin.display(description=TAUGHT)
    def forget(self, model: ChatModel) -> str:
        """For those who may look at it only."""
        return " ".join(described(model.learnt).values())

    @admin.display(description="context window is")
    def window_is(self, model: ChatModel) -> str:
        return "not known yet" if model.context_window is None else model.get_context_window_origin_display()

    @admin.display(description="price per million tokens, in / out")
    def price(self, model: Any) -> str:
        if model._state.adding:
            return formatting.UNKNOWN
        for row in model.price_now:
            price = shown(model, row, timezone.now())
            currency = price.currency
            amounts = (
                formatting.rate(price.input_per_million, currency),
                formatting.rate(price.output_per_million, currency),
            )
            return " / ".join(amounts)
        address = reverse("admin:chat_price_add", query={"model": model.pk})
        return format_html('<a class="no-price" href="{}">no price</a>', address)

    @admin.display(description="who may use it", ordering="is_limited")
    def who(self, model: ChatModel) -> str:
        if not model.is_limited:
            return "everybody"
        groups, people = model.groups.all(), len(model.people.all())
        named = [group.name for group in groups] + ([f"{people} by name"] if people else [])
        return ", ".join(named) or "nobody"

    @admin.display(ordering="is_default")
    def default(self, model: ChatModel) -> str:
        return "default" if model.is_default else ""

    @admin.action(description="Make the selected model the default", permissions=["change"])
    def make_default(self, request: HttpRequest, queryset: QuerySet[ChatModel]) -> None:
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            self.message_user(request, "Select one model: there is only one default.", messages.ERROR)
            return
        (model,) = chosen
        if not (model.enabled and model.provider.enabled):
            self.message_user(request, f"{model} is not enabled, so it cannot be the default.", messages.ERROR)
            return
        with transaction.atomic():
            ChatModel.objects.filter(is_default=True).update(is_default=False)
            ChatModel.objects.filter(pk=model.pk).update(is_default=True)
        self.log_change(request, model, "Made the default.")
        self.message_user(request, f"{model} is the default now.", messages.SUCCESS)
