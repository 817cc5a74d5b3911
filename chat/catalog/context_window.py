"""How many tokens a model takes at once, from the data of genai-prices."""

from django.db.models import Q

from chat.models import ChatModel, Provider
from chat.usage.bundled import bundled_model

Origin = ChatModel.WindowOrigin


def find_origins() -> None:
    """Set the origin of context windows that have none: bundled where it is the bundled number, else an admin's."""
    unknown = ChatModel.objects.filter(context_window__isnull=False, context_window_origin=Origin.UNKNOWN)
    for model in unknown.select_related("provider"):
        bundled = bundled_model(model.upstream_name, model.provider.address)
        is_bundled = bundled is not None and bundled.context_window == model.context_window
        model.context_window_origin = Origin.BUNDLED if is_bundled else Origin.ADMIN
        model.save(update_fields=["context_window_origin"])


def import_windows() -> int:
    """Fill in the bundled context window of every enabled model that has none. Returns how many were found."""
    find_origins()
    models = ChatModel.objects.filter(~Q(provider__kind=Provider.Kind.DEMO), enabled=True, context_window=None)
    found = []
    for model in models.select_related("provider"):
        bundled = bundled_model(model.upstream_name, model.provider.address)
        if bundled is not None and bundled.context_window:
            model.context_window, model.context_window_origin = bundled.context_window, Origin.BUNDLED
            found.append(model)
    return ChatModel.objects.bulk_update(found, ["context_window", "context_window_origin"])
