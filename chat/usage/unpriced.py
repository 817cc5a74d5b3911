"""What requests were charged by that has no price: for whoever can enter one."""

from dataclasses import dataclass
from typing import Final

from django.db.models import Q

from chat.models import ChatModel, Price, UsageRecord
from chat.usage.price_context import context_of

# So many rows of the ledger are looked at.
NEWEST: Final = 500


@dataclass(frozen=True, slots=True)
class Tier:
    """A model, and by what its provider charged that nobody knows the price of."""

    model: ChatModel
    context: str


def tiers() -> list[Tier]:
    """Return what the newest requests were charged by that still has no price; one query where there are none."""
    newest = UsageRecord.objects.order_by("-created_at", "-id").values_list("pk", flat=True)[:NEWEST]
    records = UsageRecord.objects.filter(pk__in=list(newest), price__isnull=True, cost__isnull=True)
    seen = {
        (record.provider, record.model, context)
        for record in records.filter(~Q(service_tier="") | ~Q(speed="") | ~Q(inference_geo=""))
        if (context := context_of(record))
    }
    if not seen:
        return []
    models = ChatModel.objects.filter(name__in={name for _, name, _ in seen}).select_related("provider")
    by_name = {(model.provider.name, model.name): model for model in models}
    priced = set(Price.objects.filter(model__in=models).exclude(context="").values_list("model_id", "context"))
    found = [Tier(by_name[key], context) for *key_, context in sorted(seen) if (key := (*key_,)) in by_name]
    return [tier for tier in found if (tier.model.pk, tier.context) not in priced]
