"""What the admin's first page says about prices."""

from django import template

from chat.catalog.choice import unpriced
from chat.models import ChatModel
from chat.usage.unpriced import Tier, tiers

register = template.Library()


@register.simple_tag
def unpriced_models() -> list[ChatModel]:
    """Return the models in use that have no price."""
    return unpriced()


@register.simple_tag
def unpriced_tiers() -> list[Tier]:
    """Return what newest requests were charged by that has no price."""
    return tiers()
