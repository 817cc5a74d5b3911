"""The rows, one file for each subject. Owned objects are fetched through their owner, never by id alone.

- Chats: conversation, tree (its branches), generation, journal, picture.
- Providers and money: catalog, prices, usage (the ledger), correction, daily (sums), vocabulary, budgets, money.
- People: access (keys), setup_token (the first admin's link), permissions (who may grant what), invitation, limits,
  throttle, superuser, deletion, policy (of the site).
- Shared: append_only, shallow_json.
"""

from chat.models.access import ApiKey
from chat.models.budgets import Budget, Reservation
from chat.models.catalog import ChatModel, Provider
from chat.models.conversation import Conversation, Message
from chat.models.correction import Correction
from chat.models.daily import DailyTotal
from chat.models.deletion import AccountDeletion
from chat.models.generation import Generation
from chat.models.invitation import ClaimedGroup, Invitation, PasswordLink
from chat.models.journal import JournalEntry
from chat.models.limits import RateLimit
from chat.models.picture import Picture
from chat.models.policy import SitePolicy
from chat.models.prices import Price, PriceTier
from chat.models.setup_token import SetupToken
from chat.models.superuser import LastSuperuserError
from chat.models.throttle import Throttle
from chat.models.usage import UsageRecord
from chat.models.vocabulary import Vocabulary

__all__ = [
    "AccountDeletion",
    "ApiKey",
    "Budget",
    "ChatModel",
    "ClaimedGroup",
    "Conversation",
    "Correction",
    "DailyTotal",
    "Generation",
    "Invitation",
    "JournalEntry",
    "LastSuperuserError",
    "Message",
    "PasswordLink",
    "Picture",
    "Price",
    "PriceTier",
    "Provider",
    "RateLimit",
    "Reservation",
    "SetupToken",
    "SitePolicy",
    "Throttle",
    "UsageRecord",
    "Vocabulary",
]
