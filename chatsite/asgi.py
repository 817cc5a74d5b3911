"""The site as an ASGI application: what `manage.py serve`, or any other ASGI server, runs."""

import os

import django

# Parts of Django look at the settings as soon as they are imported.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

# `manage.py` says it in a system check, before; the start of another server runs none.
if settings.ENVIRONMENT_PROBLEMS:
    raise ImproperlyConfigured(" ".join(settings.ENVIRONMENT_PROBLEMS))

# Another server than `manage.py serve` comes here first, and what follows imports models.
django.setup(set_prefix=False)

from chat import runtime  # noqa: E402 - see above
from chatsite.application import Application  # noqa: E402 - see above
from chatsite.application.background import Background  # noqa: E402
from chatsite.application.body_limit import BodyLimit  # noqa: E402
from chatsite.application.handler import Handler  # noqa: E402
from chatsite.application.lifecycle import Lifecycle  # noqa: E402
from chatsite.application.responses import Responses  # noqa: E402
from chatsite.application.thread_pool import ThreadPool, disconnect_thread_signals  # noqa: E402


def _application() -> Application:
    """Put the layers together; `chatsite.application` tells what each is for."""
    runtime.start()
    disconnect_thread_signals()
    background = Background()
    pool = ThreadPool(Handler())
    limited = BodyLimit(pool, settings.CHAT_MAX_BODY_BYTES)
    return Responses(Lifecycle(limited, start=background.start, stop=background.stop))


application = _application()
