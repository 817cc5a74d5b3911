"""What genai-prices knows of a price: whose it is, by the name of the model and the address that serves it."""

import subprocess
import sys
from decimal import Decimal

import pytest
from django.utils import timezone

from chat.usage import bundled
from chat.usage.cost import UnitPrice

OPENAI = "https://api.openai.com/v1"
OLLAMA = "http://localhost:11434/v1"
GATEWAY = "https://llm.example.org/v1"
GROQ = "https://api.groq.com/openai/v1"
GOOGLE = "https://generativelanguage.googleapis.com/v1beta/openai"
VERTEX = "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/l/endpoints/openapi"
OPENROUTER = "https://openrouter.ai/api/v1"
BEDROCK = "https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1"
AZURE = "https://here.openai.azure.com/openai/v1"


def bundled_price(name: str, address: str) -> UnitPrice | None:
    """What the package knows of a model now."""
    return bundled.bundled_price(name, address, timezone.now()).price


@pytest.mark.parametrize(
    ("name", "address", "input_price", "output_price"),
    [
        ("gpt-4o", OPENAI, "2.5", "10"),
        ("gpt-4o-mini", OPENAI, "0.15", "0.6"),
        ("gpt-4o", GATEWAY, "2.5", "10"),
        ("gpt-4o-mini", "http://127.0.0.1:9/v1", "0.15", "0.6"),
        ("gpt-4o-2024-08-06", GATEWAY, "2.5", "10"),
        ("openai/gpt-4o", GATEWAY, "2.5", "10"),
        ("claude-sonnet-4", GATEWAY, "3", "15"),
        ("claude-sonnet-4-20250514", "", "3", "15"),
        ("llama-3.3-70b-versatile", GROQ, "0.59", "0.79"),
        # As Google lists its own.
        ("models/gemini-2.5-pro", GOOGLE, "1.25", "10"),
        ("models/gemini-2.5-pro", GATEWAY, "1.25", "10"),
        ("google/gemini-2.5-pro", VERTEX, "1.25", "10"),
        ("publishers/google/models/gemini-2.5-pro", VERTEX, "1.25", "10"),
        ("vertex_ai/gemini-2.5-pro", GATEWAY, "1.25", "10"),
        ("gemini/gemini-2.5-pro", GATEWAY, "1.25", "10"),
        # Editions after an @, as Vertex has them.
        ("claude-sonnet-4@20250514", VERTEX, "3", "15"),
        ("claude-sonnet-4@20250514", GATEWAY, "3", "15"),
        ("claude-sonnet-4@default", GATEWAY, "3", "15"),
        ("vertex_ai/claude-sonnet-4@20250514", GATEWAY, "3", "15"),
        # What OpenRouter calls free is; its other ways to ask cost what nobody here knows.
        ("deepseek/deepseek-r1:free", OPENROUTER, "0", "0"),
        ("somebody/new:free", OPENROUTER, "0", "0"),
        ("openrouter/deepseek/deepseek-r1:free", GATEWAY, "0", "0"),
        ("anthropic/claude-3.7-sonnet:thinking", OPENROUTER, "3", "15"),
        # Bedrock's names say where it is done.
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", BEDROCK, "3.3", "16.5"),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", BEDROCK, "3.3", "16.5"),
        ("global.anthropic.claude-sonnet-4-5-20250929-v1:0", BEDROCK, "3", "15"),
        ("global.anthropic.claude-sonnet-4-5-20250929-v1:0", GATEWAY, "3", "15"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", GATEWAY, "3.3", "16.5"),
        ("bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", GATEWAY, "3.3", "16.5"),
        # Deployments that are called what they are.
        ("gpt-4o", AZURE, "2.5", "10"),
        ("gpt-35-turbo", AZURE, "0.5", "1.5"),
        ("azure/gpt-4o", GATEWAY, "2.5", "10"),
        ("ft:gpt-4o-2024-08-06:here::abc", OPENAI, "3.75", "15"),
    ],
)
def test_a_known_model_has_its_vendors_price(name: str, address: str, input_price: str, output_price: str) -> None:
    price = bundled_price(name, address)
    assert price is not None
    assert (price.rates.input, price.rates.output) == (Decimal(input_price), Decimal(output_price))
    assert price.currency == "USD"


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("llama3.2:3b", OLLAMA),
        ("llama-3.3-70b-versatile", OLLAMA),
        ("qwen2.5", OLLAMA),
        ("deepseek-r1:8b", OLLAMA),
        ("deepseek-chat", GATEWAY),
        ("gpt-oss-20b", OLLAMA),
        ("gpt-oss:20b", OLLAMA),
        ("gemma-3", OLLAMA),
        ("mistral-large", OLLAMA),
        ("gpt-4o-but-mine", OLLAMA),
        ("my-gpt-4o", OLLAMA),
        ("claude-sonnet-4-distilled-8b", OLLAMA),
        ("anthropic/gpt-4o", GATEWAY),
        ("gpt-4o", GROQ),
        ("text-embedding-3-small", OPENAI),
        ("no-such-model", OPENAI),
        ("models/llama3", OLLAMA),
        ("tunedmodels/gemini-2.5-flash-x", GOOGLE),
        ("deepseek/deepseek-r1:free", GATEWAY),
        ("gpt-4o:free", GATEWAY),
        ("openai/gpt-4o:online", OPENROUTER),
        ("openai/gpt-4o:nitro", OPENROUTER),
        ("meta.llama3-3-70b-instruct-v1:0", GATEWAY),
        ("my.anthropic.claude-sonnet-4-5-20250929-v1:0", GATEWAY),
        ("our-gpt-4o", AZURE),
        ("gpt-4o-production", AZURE),
        ("azure/our-deployment", GATEWAY),
        # Part of what they say is pictures, at another price.
        ("gemini-2.5-flash-image", GOOGLE),
        ("models/gemini-3.1-flash-image-preview", GOOGLE),
        ("gemini-3.6-flash-tts-preview", GOOGLE),
        ("gemini-3.6-flash-image", GOOGLE),
        ("", OPENAI),
        ("", ""),
    ],
)
def test_a_name_that_does_not_say_who_serves_it_has_no_price(name: str, address: str) -> None:
    assert bundled_price(name, address) is None


def test_a_price_knows_what_the_cache_costs() -> None:
    price = bundled_price("claude-sonnet-4", GATEWAY)
    assert price is not None
    rates = price.rates
    assert (rates.cached, rates.cache_write, rates.long_cache_write) == (Decimal("0.3"), Decimal("3.75"), Decimal(6))


def test_a_price_that_rises_with_the_prompt_has_its_tiers() -> None:
    price = bundled_price("gemini-2.5-pro", GATEWAY)
    assert price is not None
    assert (price.rates.input, price.rates.output) == (Decimal("1.25"), Decimal(10))
    assert [(tier.above, tier.rates.input, tier.rates.output) for tier in price.tiers] == [
        (200_000, Decimal("2.5"), Decimal(15))
    ]


def test_the_price_data_is_loaded_only_when_it_is_asked() -> None:
    code = "import sys, chat.usage.prices; sys.exit('genai_prices' in sys.modules)"
    setup = "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'chatsite.settings'; django.setup(); "
    assert subprocess.run([sys.executable, "-c", setup + code], check=False).returncode == 0
