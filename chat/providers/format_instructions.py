"""The words that ask a model for JSON, for servers that have no parameter for the response format."""

from typing import Any, Final

import msgspec

ONLY_JSON: Final = "Answer with one JSON object and nothing else: no words around it, no code fence."


def instruction(response_format: dict[str, Any] | None) -> str:
    """Return the words for a system prompt; empty where any text will do."""
    wanted = response_format or {}
    parts = [ONLY_JSON] if wanted.get("type") in ("json_object", "json_schema") else []
    if (described := wanted.get("json_schema")) and isinstance(described, dict):
        schema = described.get("schema", described)
        parts.append(f"It must be valid by this JSON schema:\n{msgspec.json.encode(schema).decode()}")
    return "\n\n".join(parts)
