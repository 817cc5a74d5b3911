"""The layers between an ASGI server and Django, in plain ASGI: the same under every server. Outermost first:

`responses`    every response has the site's headers, and every failure is JSON
`lifecycle`    starts and stops what runs beside the requests, and refuses requests while it stops
`body_limit`   refuses bodies that are too large or too slow
`thread_pool`  the threads that run synchronous code of requests
`handler`      Django

`chatsite.asgi` puts them together. `errors` holds the errors that are answered without Django, `background` what is
started and stopped, `checkpoint` one of these, `process` what is set for the whole process.
"""

from collections.abc import Awaitable, Callable
from typing import Any

# Messages of the protocol are dicts whose fields depend on their type. Source: ASGI 3.0, HTTP and lifespan 2.5.
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]
