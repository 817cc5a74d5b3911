"""The ASGI application that `manage.py serve`, or any ASGI server, runs."""

import os

import django

# Parts of Django look at the settings as soon as they are imported.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

# `manage.py` says it in a system check, before; the start of another server runs none.
if settings.ENVIRONMENT_PROBLEMS:
    raise ImproperlyConfigured(" ".join(settings.ENVIRONMENT_PROBLEMS))

# Another server than `manage.py serve` comes here first, and `builtin` brings rows.
django.setup(set_prefix=False)

from chatsite.middleware import builtin  # noqa: E402 - see above

builtin.install()
application = builtin.Handler()
