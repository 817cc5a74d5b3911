"""Formats of log lines: text for people, JSON for programs. Both name the request that a line belongs to."""

import json
import logging
from datetime import UTC, datetime
from typing import Any, Final

from chat import request_id

WRONG_HOST_CHARS: Final = 200


class Text(logging.Formatter):
    """One line for a person; the request's id at its end."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        line = super().formatMessage(record)
        name = request_id.current()
        return f"{line} [{name}]" if name else line


class Json(logging.Formatter):
    """One JSON object in one line. Further fields are given as `extra={"fields": {...}}`."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        if name := request_id.current():
            said["request_id"] = name
        said |= getattr(record, "fields", {})
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False, default=str)


class WrongHost(logging.Filter):
    """Turns the error that Django logs for an unknown host, which any scanner sends, into one line at INFO."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if request is not None:
            if getattr(request, "wrong_host", record) is not record:
                # Rendering the error page asks for the host again, and logs a second record.
                return False
            request.wrong_host = record
        record.levelno, record.levelname = logging.INFO, "INFO"
        record.msg, record.args = record.getMessage()[:WRONG_HOST_CHARS], ()
        record.exc_info = record.exc_text = record.stack_info = None
        return True
