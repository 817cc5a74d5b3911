"""Providers, models and prices in the admin."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin, messages
from django.core.validators import RegexValidator
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.forms import CharField, TextInput
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from chat.admin import figures
from chat.admin.generic import BaseModelAdmin, ModelAdmin, ModelForm, TabularInline
from chat.models import ChatModel, Price, Provider
from chat.usage.pricelist import in_force


@admin.register(Provider)
class ProviderAdmin(ModelAdmin[Provider]):
    list_display = ("name", "kind", "address_in_force", "api_key_variable", "key_is_set", "enabled")
    list_filter = ("enabled", "kind")
    search_fields = ("name", "base_url")
    fields = ("name", "kind", "base_url", "address_in_force", "api_key_variable", "key_is_set", "enabled")
    readonly_fields = ("address_in_force", "key_is_set")

    def get_readonly_fields(self, request: HttpRequest, obj: Provider | None = None) -> Any:
        """Where a key is sent, and which one, is for superusers: whoever chooses the address reads the key."""
        fixed = super().get_readonly_fields(request, obj)
        return fixed if request.user.is_superuser else (*fixed, "kind", "base_url", "api_key_variable")

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


class PriceForm(ModelForm[Price]):
    currency = CharField(
        initial="USD",
        widget=TextInput(attrs={"size": 4, "maxlength": 3}),
        validators=[RegexValidator(r"\A[A-Z]{3}\Z", "Enter a currency's three capital letters, such as USD.")],
    )

    class Meta:
        model = Price
        fields = (
            "model",
            "input_per_million",
            "cached_input_per_million",
            "cache_write_per_million",
            "output_per_million",
            "currency",
            "valid_from",
        )

    def clean(self) -> dict[str, Any]:
        super().clean()
        # Left as offered it means now, not when the page was opened: a price may have been imported since.
        if "valid_from" not in self.changed_data:
            self.cleaned_data["valid_from"] = timezone.now()
        return self.cleaned_data


class AppendOnlyPrices(BaseModelAdmin[Price]):
    """A new price is a new row; the old ones say what was charged, so they stay as they are."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PriceInline(AppendOnlyPrices, TabularInline[Price, ChatModel]):
    model = Price
    form = PriceForm
    extra = 0
    verbose_name_plural = "prices per million tokens"
    readonly_fields = ("origin",)
    fields = (
        "valid_from",
        "input_per_million",
        "cached_input_per_million",
        "cache_write_per_million",
        "output_per_million",
        "currency",
        "origin",
    )


@admin.register(ChatModel)
class ChatModelAdmin(ModelAdmin[ChatModel]):
    list_display = ("name", "provider", "price", "enabled", "default")
    list_editable = ("enabled",)
    list_filter = ("enabled", "provider")
    list_select_related = ("provider",)
    search_fields = ("name", "upstream_name", "provider__name")
    fields = ("name", "provider", "upstream_name", "enabled", "is_default", "position", "price")
    readonly_fields = ("is_default", "price")
    inlines = (PriceInline,)
    actions = ("make_default",)

    class Media:
        css = {"all": ["chat/admin/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChatModel]:
        now_in_force = Prefetch("prices", in_force(timezone.now()), to_attr="price_now")
        return super().get_queryset(request).prefetch_related(now_in_force)

    @admin.display(description="price per million tokens, in / out")
    def price(self, model: Any) -> str:
        if model._state.adding:
            return figures.UNKNOWN
        for price in model.price_now:
            currency = price.currency
            amounts = figures.rate(price.input_per_million, currency), figures.rate(price.output_per_million, currency)
            return " / ".join(amounts)
        address = reverse("admin:chat_price_add", query={"model": model.pk})
        return format_html('<a class="no-price" href="{}">no price</a>', address)

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


@admin.register(Price)
class PriceAdmin(AppendOnlyPrices, ModelAdmin[Price]):
    form = PriceForm
    list_display = ("model", "input_rate", "cached_rate", "output_rate", "valid_from", "origin")
    list_filter = ("origin", ("valid_from", admin.DateFieldListFilter))
    list_select_related = ("model",)
    search_fields = ("model__name",)
    list_per_page = 50

    @admin.display(description="input", ordering="input_per_million")
    def input_rate(self, price: Price) -> str:
        return figures.rate(price.input_per_million, price.currency)

    @admin.display(description="cached input", ordering="cached_input_per_million")
    def cached_rate(self, price: Price) -> str:
        cached = price.cached_input_per_million
        return "as input" if cached is None else figures.rate(cached, price.currency)

    @admin.display(description="output", ordering="output_per_million")
    def output_rate(self, price: Price) -> str:
        return figures.rate(price.output_per_million, price.currency)
