#!/bin/sh
# genai-prices 0.2.3: a price context that the data has no rate for gives the standard price, without a warning; and so
# does every context where the model is found through a provider's fallback (Azure's of OpenAI's models), though the data
# has a rate for it. Whoever bills by it bills a priority request at half its price.
# Seen: OpenAI priority 190, OpenAI "scale" 95, Azure priority 95, o3-mini priority 5.5 (its standard), 0 warnings.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet genai-prices==0.2.3
"$folder/venv/bin/python" - <<'PYTHON'
import warnings
from datetime import UTC, datetime

from genai_prices import Usage, calc_price

OPENAI, AZURE = "https://api.openai.com/v1", "https://here.openai.azure.com/openai/v1"
AT = datetime(2026, 11, 28, 12, tzinfo=UTC)


def price(model, address, tier):
    found = calc_price(
        Usage(input_tokens=1_000_000, output_tokens=1_000_000),
        model,
        provider_api_url=address,
        genai_request_timestamp=AT,
        price_context={"service_tier": tier} if tier else None,
    )
    return float(found.total_price)


asked = [
    ("gpt-6-astra", OPENAI, None),
    ("gpt-6-astra", OPENAI, "priority"),
    ("gpt-6-astra", OPENAI, "scale"),
    ("gpt-6-astra", AZURE, "priority"),
    ("o3-mini", OPENAI, "priority"),
]
with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    found = [price(*each) for each in asked]
print(found, len(warned))
raise SystemExit(found != [95.0, 190.0, 95.0, 95.0, 5.5] or bool(warned))
PYTHON
