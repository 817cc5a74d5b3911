"""The ASGI application that `manage.py serve`, or any ASGI server, runs."""

import os

import django

from chatsite import inline

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

inline.install()
django.setup(set_prefix=False)
application = inline.Handler()
