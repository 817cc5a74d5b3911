"""How much a model takes at once, as far as it is known without asking anybody."""

from django.db.models import Q

from chat.models import ChatModel, Provider
from chat.usage.bundled import bundled_model


def import_windows() -> int:
    """Fill in the bundled context window of every enabled model that has none. Returns how many were found."""
    models = ChatModel.objects.filter(~Q(provider__kind=Provider.Kind.DEMO), enabled=True, context_window=None)
    found = []
    for model in models.select_related("provider"):
        bundled = bundled_model(model.upstream_name, model.provider.address)
        if bundled is not None and bundled.context_window:
            model.context_window = bundled.context_window
            found.append(model)
    return ChatModel.objects.bulk_update(found, ["context_window"])
