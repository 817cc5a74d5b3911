"""What holds for the whole site, in the admin: one row at most."""

from django.contrib import admin
from django.http import HttpRequest

from chat.admin.generic import ModelAdmin
from chat.models import SitePolicy


@admin.register(SitePolicy)
class SitePolicyAdmin(ModelAdmin[SitePolicy]):
    list_display = ("__str__", "forbid_unpriced")

    def has_delete_permission(self, request: HttpRequest, obj: SitePolicy | None = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not SitePolicy.objects.exists()
