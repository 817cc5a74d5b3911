"""What a conversation cost in all is what its messages cost, also after a price was entered later."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from chat.models import Conversation, Correction
from chat.models.tree import Tree
from chat.views import summary, thread
from tests.admin.rows import talk
from tests.usage.rows import priced_model, record


@pytest.mark.parametrize("currency", ["USD", "EUR"])
def test_corrections_are_in_the_total(currency: str, db: None) -> None:
    alice = User.objects.create_user("alice")
    model, price = priced_model(currency=currency)
    message = talk(alice, model).message
    conversation = Conversation.objects.get(pk=message.conversation_id)
    ids = {"conversation_id": conversation.pk, "message_id": message.pk}
    row = record(timezone.now(), None, **ids)
    before = summary.detail(conversation)["usage"]
    assert (before["cost"], before["costs"], before["unpriced"]) == (None, {}, 1)
    costs = {"input_cost": Decimal("0.010"), "output_cost": Decimal("0.005"), "cost": Decimal("0.015")}
    Correction.objects.create(record=row, price=price, currency_before="USD", currency=currency, **costs)
    shown = thread.messages(conversation, Tree.of(conversation), [message.pk])[0]
    after = summary.detail(conversation)["usage"]
    assert (after["cost"], after["currency"], after["unpriced"]) == (shown.cost, currency, 0)
    assert shown.cost == Decimal("0.015")
    record(timezone.now(), price, generation_id=message.generation.pk, attempt=2, **ids)
    after = summary.detail(conversation)["usage"]
    assert after["costs"] == {currency: Decimal("0.0165")}
    assert (after["prompt_tokens"], after["completion_tokens"], after["estimated"]) == (2000, 1000, False)
