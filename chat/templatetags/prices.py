"""What the admin's first page says about prices."""

from django import template

from chat import catalog
from chat.models import ChatModel

register = template.Library()


@register.simple_tag
def unpriced_models() -> list[ChatModel]:
    """Return the models in use that have no price."""
    return catalog.unpriced()
