"""The rows. Owned objects are fetched through their owner, never by id alone."""

from chat.models.access import ApiKey, SetupToken
from chat.models.catalog import ChatModel, Price, Provider
from chat.models.conversation import Conversation, Message
from chat.models.generation import Generation
from chat.models.journal import JournalEntry
from chat.models.usage import UsageRecord

__all__ = [
    "ApiKey",
    "ChatModel",
    "Conversation",
    "Generation",
    "JournalEntry",
    "Message",
    "Price",
    "Provider",
    "SetupToken",
    "UsageRecord",
]
