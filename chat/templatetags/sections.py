"""The navigation of the settings."""

from dataclasses import dataclass

from django import template
from django.template import Context

from chat.views.settings import present

register = template.Library()


@dataclass(frozen=True, slots=True)
class Link:
    """A section as the navigation shows it."""

    address: str
    title: str
    is_current: bool


@register.simple_tag(takes_context=True)
def settings_sections(context: Context) -> list[Link]:
    """Return the sections that there are; the current one is that whose address the page's begins with."""
    path = context["request"].path
    return [Link(section.address, section.title, path.startswith(section.address)) for section in present()]
