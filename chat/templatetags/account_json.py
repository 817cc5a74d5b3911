"""Values for a page's own scripts. Few lines, because a template loads a library of tags by its name."""

import json

from django import template
from django.core.serializers.json import DjangoJSONEncoder

register = template.Library()


@register.filter
def as_json(value: object) -> str:
    """Return a value as JSON, for an attribute: what is inserted into a template is escaped there."""
    return json.dumps(value, cls=DjangoJSONEncoder)
