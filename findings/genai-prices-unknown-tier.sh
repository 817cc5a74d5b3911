#!/bin/sh
# genai-prices 0.2.3: `price_context` tells by what tier a provider charged. A tier for which the package has no price of
# a model costs what the standard one does, and nothing in the result says so: gpt-4o at flex, which OpenAI names in its
# answers, is priced as standard, and so are a word that no provider uses, another case of the word ("Priority"), and a
# key that does not exist ("tier" for "service_tier"). Only where the price is known does it change (priority). Whoever
# passes on what the provider said has to find out whether the price depends on it at all: an answer charged at another
# rate gets a wrong price, not an unknown one.
# Exits with 0 while that is so, with 1 once it has changed, with 2 if it could not be tried.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" || exit 2
"$work/venv/bin/pip" install -q --disable-pip-version-check genai-prices==0.2.3 || exit 2
cat > "$work/ask.py" <<'PYTHON'
import sys
from datetime import UTC, datetime

from genai_prices import Usage, calc_price

CONTEXTS = (
    None,
    {"service_tier": "priority"},
    {"service_tier": "flex"},
    {"service_tier": "Priority"},
    {"service_tier": "no-such-tier"},
    {"tier": "priority"},
)


def price(model, context):
    found = calc_price(
        Usage(input_tokens=1_000_000, output_tokens=1_000_000),
        model,
        provider_id="openai",
        genai_request_timestamp=datetime(2026, 11, 1, tzinfo=UTC),
        price_context=context,
    )
    return str(found.total_price.normalize())


found = {model: [price(model, context) for context in CONTEXTS] for model in ("gpt-5", "gpt-4o")}
for model, prices in found.items():
    for context, cost in zip(CONTEXTS, prices):
        print(f"{model} {context}: {cost}")
same = found == {
    "gpt-5": ["11.25", "22.5", "5.625", "11.25", "11.25", "11.25"],
    "gpt-4o": ["12.5", "21.25", "12.5", "12.5", "12.5", "12.5"],
}
print("as stated" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON
"$work/venv/bin/python" "$work/ask.py"
