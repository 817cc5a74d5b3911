"""Writes what LiteLLM books of each request into the file that LITELLM_BOOKS names, a line of JSON each.

It is what its spend log in a database would say, which wants PostgreSQL.
"""

import json
import os
from pathlib import Path
from typing import Any

from litellm.integrations.custom_logger import CustomLogger


class Books(CustomLogger):  # type: ignore[misc]
    """Told of each answer once it has ended."""

    async def async_log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        """Note an answer."""
        booked = kwargs.get("standard_logging_object") or {}
        line = {name: booked.get(name) for name in ("call_type", "prompt_tokens", "completion_tokens", "response_cost")}
        with Path(os.environ["LITELLM_BOOKS"]).open("a") as file:  # noqa: ASYNC230
            file.write(json.dumps(line) + "\n")


books = Books()
