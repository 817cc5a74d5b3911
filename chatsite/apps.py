"""The Django app of the site: holds what a process has one of, made when Django starts."""

from django.apps import AppConfig

from chatsite.login.hashing_pool import HashingPool


class ChatsiteConfig(AppConfig):
    """The runtime of the site. No module of this package keeps state, but for `asgi.application`."""

    name = "chatsite"

    def ready(self) -> None:
        self.hashing_pool = HashingPool()
