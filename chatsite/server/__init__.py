"""Daphne, embedded in `manage.py serve`: what an ASGI application cannot do for itself.

`server` runs the application, `connection` and `request` hold a client to its `limits`, `lifespan` tells the
application when to start and stop, `supervisor` runs several workers on one port, `control` connects them to it.
"""
