"""The ASGI application that `manage.py serve`, or any ASGI server, runs."""

import os

from django.core.asgi import get_asgi_application

from chatsite import inline

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

inline.install()
application = get_asgi_application()
