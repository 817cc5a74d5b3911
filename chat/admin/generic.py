"""Django's admin classes with the type of their rows in brackets, which at run time they do not know."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin as DjangoBaseModelAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.paginator import Paginator as DjangoPaginator
from django.db.models.constants import LOOKUP_SEP
from django.forms import BaseInlineFormSet as DjangoInlineFormSet
from django.forms import ModelForm as DjangoModelForm
from django.http import HttpRequest


def shown_names(model_admin: Any, request: HttpRequest) -> set[str]:
    """Return the names of all that a list, its filters, or a row's page show to whoever asks."""
    filters = (
        each[0] if isinstance(each, tuple) else getattr(each, "parameter_name", each)
        for each in model_admin.get_list_filter(request)
    )
    named = [*model_admin.get_list_display(request), *model_admin.get_fields(request), *filters]
    return {each.partition(LOOKUP_SEP)[0] for each in named if isinstance(each, str)}


class ShownLookups(DjangoBaseModelAdmin):  # type: ignore[type-arg]
    """Lets addresses filter a list only by what it shows.

    Django lets them filter by every field of the model, and by its beginning: so the key of a session, which is in no
    page, could be found out a letter at a time.
    """

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        name = lookup.partition(LOOKUP_SEP)[0]
        known = name == "pk" or (request is not None and name.removesuffix("_id") in self._shown(request))
        return known and super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    def _shown(self, request: HttpRequest) -> set[str]:
        # A foreign key is asked for by its own name, or by its column's.
        return {name.removesuffix("_id") for name in shown_names(self, request)}


if TYPE_CHECKING:
    BaseInlineFormSet = DjangoInlineFormSet
    BaseModelAdmin = DjangoBaseModelAdmin
    ModelAdmin = admin.ModelAdmin
    ModelForm = DjangoModelForm
    Paginator = DjangoPaginator
    StackedInline = admin.StackedInline
    TabularInline = admin.TabularInline
    UserAdmin = DjangoUserAdmin
else:

    class Bracketed:
        def __class_getitem__(cls, row_type: object) -> type:
            return cls

    class BaseInlineFormSet(Bracketed, DjangoInlineFormSet):
        pass

    class BaseModelAdmin(Bracketed, ShownLookups):
        pass

    class ModelAdmin(BaseModelAdmin, admin.ModelAdmin):
        pass

    class ModelForm(Bracketed, DjangoModelForm):
        pass

    class Paginator(Bracketed, DjangoPaginator):
        pass

    class StackedInline(BaseModelAdmin, admin.StackedInline):
        pass

    class TabularInline(BaseModelAdmin, admin.TabularInline):
        pass

    class UserAdmin(Bracketed, DjangoUserAdmin):
        pass
