"""Every address of the site."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import get_template
from django.urls import URLPattern, URLResolver, path
from django.views.defaults import page_not_found

from chat.admin.csv_export import export as export_usage
from chat.admin.reconciliation import reconcile_page
from chat.admin.usage import usage_page
from chat.errors import ChatError, unexpected
from chat.views import (
    budgets,
    catalog,
    complete,
    contact,
    conversations,
    data,
    deletion,
    export,
    files,
    health,
    keys,
    listing,
    live_list,
    metrics,
    pages,
    settings,
    setup,
    stream,
    turns,
    usage,
)
from chat.views.access import refuse
from chatsite import account_urls

urlpatterns: list[URLPattern | URLResolver] = [
    # Before the admin, whose own door nobody uses.
    *account_urls.urlpatterns,
    path("", pages.home, name="home"),
    path("c/<uuid:conversation_id>", pages.conversation, name="conversation"),
    path("setup/", setup.setup, name="setup"),
    path("api/chat", complete.complete, name="complete"),
    path("api/chat/stream", stream.stream, name="stream"),
    path("api/generations/<uuid:generation_id>/stream", stream.resume, name="resume"),
    path("api/generations/<uuid:generation_id>/stop", stream.stop, name="stop"),
    path("api/conversations", listing.listing, name="conversations"),
    path("api/conversations/<uuid:conversation_id>", conversations.conversation, name="conversation_api"),
    path("api/conversations/<uuid:conversation_id>/restore", conversations.restore, name="restore"),
    path("api/conversations/<uuid:conversation_id>/export", export.conversation, name="export"),
    path("api/conversations/<uuid:conversation_id>/messages/<uuid:message_id>", turns.message, name="message"),
    path(
        "api/conversations/<uuid:conversation_id>/messages/<uuid:message_id>/restore",
        turns.restore,
        name="restore_message",
    ),
    path("api/export", export.everything, name="export_everything"),
    path("api/events", live_list.events, name="events"),
    path("api/files/<uuid:file_id>", files.file, name="file"),
    path("api/models", catalog.models, name="models"),
    path("api/budget", budgets.budget, name="budget"),
    path(".well-known/security.txt", contact.security, name="security_txt"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", metrics.exposition, name="metrics"),
    path("usage/", usage.usage, name="usage"),
    path("usage/export.csv", usage.export, name="usage_export"),
    path("settings/", settings.settings, name="settings"),
    path("settings/keys/", keys.keys, name="settings_keys"),
    path("settings/keys/<int:key_id>/revoke", keys.revoke, name="settings_key_revoke"),
    path("settings/data/", data.data, name="settings_data"),
    path("settings/data/download", data.download, name="settings_download"),
    path("settings/data/delete", data.delete, name="settings_delete"),
    path("settings/data/keep", deletion.keep, name="settings_keep"),
    path("admin/usage/export.csv", export_usage, name="admin_usage_export"),
    path("admin/usage/reconcile/", reconcile_page, name="admin_reconcile"),
    path("admin/usage/", usage_page, name="admin_usage"),
    path("admin/", admin.site.urls),
]


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """404, in the words of whoever asks: JSON for programs, a page for people."""
    if _is_program(request):
        return refuse(ChatError("not_found", "There is nothing at this address."))
    return page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """400, for what Django itself does not take."""
    if _is_program(request):
        return refuse(ChatError("invalid_request", "The request cannot be understood."))
    return _page(request, "400.html", 400)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """500, for what nobody expected outside the JSON interface's own door."""
    return refuse(unexpected()) if _is_program(request) else _page(request, "500.html", 500)


def _is_program(request: HttpRequest) -> bool:
    return request.path_info.startswith(("/api/", "/v1/"))


def _page(request: HttpRequest, template: str, status: int) -> HttpResponse:
    """Return a page that asks the database nothing, which may be what failed, and has the theme of whoever sees it."""
    return HttpResponse(get_template(template).render({"request": request}), status=status)


handler400 = bad_request
handler404 = not_found
handler500 = server_error
