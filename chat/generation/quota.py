"""How much text a person may keep here: the characters of all that was asked and answered in what is not deleted."""

from time import monotonic
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import F, Sum
from django.db.models.functions import Length

from chat.errors import ChatError
from chat.models import Conversation

# Who has more room than this, which takes many answers at their longest, is not looked at with every question.
FAR_CHARS: Final = 20_000_000
LOOK_SECONDS: Final = 60.0
MOST_KNOWN: Final = 10_000

_far_until: dict[int, float] = {}


def check(user: User) -> None:
    """Raise ChatError `too_large` where `user` keeps as much as is allowed.

    One query over their conversations, each of which knows what is in it; none where the last one, in the minute
    before, was far from the limit.
    """
    most = settings.CHAT_STORED_CHARS_PER_USER
    now = monotonic()
    if not most or _far_until.get(user.pk, 0.0) > now:
        return
    kept = Conversation.objects.of(user).aggregate(kept=Sum("stored_chars"))["kept"] or 0
    if kept >= most:
        raise ChatError(
            "too_large",
            f"Your conversations hold {kept:,} characters; {most:,} are allowed. Delete some to ask on. "
            "Nothing of what is there is lost.",
        )
    if most - kept > FAR_CHARS:
        if len(_far_until) >= MOST_KNOWN:
            _far_until.clear()
        _far_until[user.pk] = now + LOOK_SECONDS


def recount(conversation: Conversation) -> None:
    """Count what is in a conversation anew, after something was taken out of it."""
    said = conversation.messages.order_by().aggregate(said=Sum(Length("content") + Length("reasoning")))["said"] or 0
    Conversation.objects.filter(pk=conversation.pk).update(stored_chars=said + Length(F("system_prompt")))
