"""The server's side of the lifespan protocol: one call of the application that lasts as long as the process."""

import asyncio
from typing import Any

from chatsite.application import Application


class LifespanError(Exception):
    """The application could not start, or not stop as it should; its own log tells more."""


class Lifespan:
    """Tells an application when to start and when to stop. Source: ASGI lifespan 2.0."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._to_application: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._from_application: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._task: asyncio.Future[None] | None = None

    async def startup(self) -> None:
        """Wait until the application can serve. Raises LifespanError where it cannot."""
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
        send = self._from_application.put
        self._task = asyncio.ensure_future(self._application(scope, self._to_application.get, send))
        await self._tell("startup", self._task)

    async def shutdown(self) -> None:
        """Wait until the application has stored all it has to; nothing where it was not started."""
        if self._task is not None and not self._task.done():
            await self._tell("shutdown", self._task)

    async def _tell(self, event: str, application: "asyncio.Future[None]") -> None:
        self._to_application.put_nowait({"type": f"lifespan.{event}"})
        answer: asyncio.Future[dict[str, Any]] = asyncio.ensure_future(self._from_application.get())
        await asyncio.wait((answer, application), return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            answer.cancel()
            raise LifespanError(f"The application ended at lifespan.{event}.") from application.exception()
        if answer.result()["type"] == f"lifespan.{event}.failed":
            raise LifespanError(answer.result().get("message", ""))
