"""The relay that everybody writes: FastAPI, uvicorn, the SDK's typed stream. No login, no database, no history.

`python -m bench.relay.usual UPSTREAM` prints its address.
"""

import json
import socket
import sys
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from openai import AsyncOpenAI
from pydantic import BaseModel

app = FastAPI()
client = AsyncOpenAI(base_url=sys.argv[1], api_key="none")


class Question(BaseModel):
    messages: list[Any]


@app.post("/chat")
async def chat(question: Question) -> StreamingResponse:
    """Stream the answer."""

    async def events() -> AsyncIterator[str]:
        stream = await client.chat.completions.create(
            model="load",
            messages=question.messages,
            stream=True,
        )
        async for chunk in stream:
            if chunk.choices and (content := chunk.choices[0].delta.content):
                yield f"data: {json.dumps({'content': content})}\n\n"
        yield "data: [DONE]\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


if __name__ == "__main__":
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    host, port = listening.getsockname()
    print(f"http://{host}:{port}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run([listening])
