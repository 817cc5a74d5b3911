"""What a provider says that a request cost, beside the counts."""

from decimal import Decimal
from typing import Final

from chat.events import Usage
from tests.providers.real_shapes.case import DONE, Case, completions, event
from tests.providers.real_shapes.charges import COUNTS, HELLO, counted, named

CASES: Final[list[Case]] = [
    counted("OpenRouter's price", {"cost": 0.00014, "is_byok": False}, Usage(1000, None, 10, cost=Decimal("0.00014"))),
    counted("a price of many digits", {"cost": 1.23e-07}, Usage(1000, None, 10, cost=Decimal("1.23E-7"))),
    counted("a price as text", {"cost": "0.00014"}, Usage(1000, None, 10, cost=Decimal("0.00014"))),
    counted("a price of nothing", {"cost": 0}, Usage(1000, None, 10, cost=Decimal(0))),
    counted(
        "Perplexity's price",
        {"cost": {"input_tokens_cost": 0.001, "total_cost": 0.006}},
        Usage(1000, None, 10, cost=Decimal("0.006")),
    ),
    counted("xAI's ticks", {"cost_in_usd_ticks": 37_756_000}, Usage(1000, None, 10, cost=Decimal("0.0037756"))),
    counted("a price that is none", {"cost": "free", "cost_details": {}}, Usage(1000, None, 10)),
    counted("a price below zero", {"cost": -1}, Usage(1000, None, 10)),
    completions(
        "a price in the counts of the choice",
        HELLO,
        event({"choices": [{"delta": {}, "finish_reason": "stop", "usage": COUNTS | {"cost": 0.00014}}]}),
        DONE,
        text="Hello",
        usage=Usage(1000, None, 10, cost=Decimal("0.00014")),
    ),
    named(
        "a price in Anthropic's format",
        {"input_tokens": 1000},
        {"output_tokens": 10, "cost": 0.00014},
        Usage(1000, None, 10, cost=Decimal("0.00014")),
    ),
]
