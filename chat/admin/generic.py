"""Django's admin classes with the type of their rows in brackets, which at run time they do not know."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin as DjangoBaseModelAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.paginator import Paginator as DjangoPaginator
from django.forms import BaseInlineFormSet as DjangoInlineFormSet
from django.forms import ModelForm as DjangoModelForm

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

    class BaseModelAdmin(Bracketed, DjangoBaseModelAdmin):
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
