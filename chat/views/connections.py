"""`/settings/connections/`: whether one can sign in with the OpenID Connect provider, too."""

from typing import Any

from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.views import ConnectionsView
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache


class Connections(ConnectionsView):  # type: ignore[misc]
    """One's account at the provider, to connect or to part from."""

    template_name = "settings/connections.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        address = reverse("openid_connect_login", kwargs={"provider_id": settings.OIDC_ISSUER})
        mine = SocialAccount.objects.filter(user=self.request.user, provider=settings.OIDC_ISSUER).first()
        more = {"mine": mine, "name": settings.OIDC_NAME, "connect": f"{address}?{urlencode({'process': 'connect'})}"}
        return {**super().get_context_data(**kwargs), **more}


_view = Connections.as_view()


@never_cache
@login_required
def connections(request: HttpRequest) -> HttpResponseBase:
    """Show the connection; 404 where the site has no provider."""
    if not settings.OIDC_ISSUER:
        raise Http404
    response: HttpResponseBase = _view(request)
    return response
