"""The chat app."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Registers the system checks."""

    name = "chat"
    verbose_name = "Chat"

    def ready(self) -> None:
        from chat import checks  # noqa: F401 - registers on import
        from chat.accounts import sessions

        sessions.connect()
