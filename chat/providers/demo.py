"""The model that is there before any key is: no network, no intelligence, an honest answer about the app."""

import asyncio
import json
import re
from collections.abc import Callable
from typing import Final

from chat.events import Finished, TextDelta, Usage
from chat.providers.base import CompletionRequest, Endpoint, ModelFacts, Sink, push, unheeded

WORDS_PER_SECOND: Final = 40
PIECE: Final = re.compile(r"\s*\S+\s*")

FIRST: Final = """\
You asked {question}. A fair question, and I have to be honest: I am the **demo model**. I do not think, I only show \
how an answer arrives here, word by word.

## What this is

chatsite is a chat of your own, on your own machine, for any LLM. Every word appears as the model says it, nothing \
that was said gets lost, and each answer shows its tokens and **what it cost**. Mine cost nothing.

## Connect a real model

Stop the server, name a provider, and start it again:

```bash
export OPENAI_API_KEY=...          # the provider's key
export OPENAI_BASE_URL=...         # only for another provider, or your own llama.cpp, vLLM or Ollama
make run
```

Its models then appear in the list of models.

## Worth trying now

1. Press **Stop** while I write. With a real model that closes the line to the provider at once, so you stop paying; \
what was said stays.
2. Reload the page in the middle of an answer. I go on where I was.
3. Ask again. I have a few more things to say.
"""

SECOND: Final = """\
About {question}: a real model would now have an opinion. I am still the **demo model**, so here is how this place \
works instead.

| You do this | This happens |
|---|---|
| Send a message | The answer streams in, word by word |
| Press **Stop** | The connection to the provider closes within a second, and so does the bill |
| Close the tab | The answer goes on for a minute, and waits for you to come back |
| An admin opens the usage page | Every token and every cent, by day and by model |

All of it is kept in a database of your own. With a real provider your questions go to that provider and \
to nobody else.

To make that happen, set two variables before the server starts:

- `OPENAI_API_KEY` is the key. It is read from the environment and never written down here.
- `OPENAI_BASE_URL` is the address, for every server that speaks OpenAI's format. Leave it out for OpenAI itself; \
`http://127.0.0.1:8080/v1` is a typical local llama.cpp, which wants no key.

> Prices are known for the usual models. Where one is unknown, the cost is shown as unknown and never as zero.

Until then I am happy to keep you company. I am not clever, but I am free of charge.
"""

THIRD: Final = """\
{question}, you say. We have been here before, and I am still no LLM: as the **demo model** I know three speeches, and \
this is the last one before I begin again.

What it shows is how answers look. Code keeps its colours:

```python
def cost(tokens: int, usd_per_million: Decimal) -> Decimal:
    return tokens * usd_per_million / 1_000_000
```

That little sum is made for every answer, with what the provider itself counted. If a provider counts nothing, the \
tokens are estimated and marked as such. The usage page adds them up.

A few things worth knowing:

- **Stop** closes the line to the model at once. You keep the part that was written, and pay for no more than that.
- An answer that breaks off keeps what was said, tells you plainly that it is not the whole, and offers to try again.
- Conversations are yours alone: nobody else who signs in here sees them.

For a model with something to say, start the server with `OPENAI_API_KEY` set, and with `OPENAI_BASE_URL` too \
if it lives anywhere but at OpenAI. It takes a minute, and I will not mind being replaced.
"""

SPEECHES: Final = (FIRST, SECOND, THIRD)


def connect(endpoint: Endpoint) -> "Demo":
    """Return the demo model; the endpoint means nothing to it."""
    return Demo()


class Demo:
    """See `chat.providers.base.Provider`. A piece is a word and counts as a token, in questions and answers alike."""

    async def stream(self, request: CompletionRequest, sink: Sink, sent: Callable[[], None] = unheeded) -> None:
        sent()
        pieces = PIECE.findall(speech(request))
        limit = len(pieces) if request.max_tokens is None else request.max_tokens
        loop = asyncio.get_running_loop()
        began = loop.time()
        said = 0
        for said, piece in enumerate(pieces[:limit], start=1):
            await asyncio.sleep(began + said / WORDS_PER_SECOND - loop.time())
            await push((TextDelta(piece),), sink)
        asked = sum(len(turn.content.split()) for turn in request.turns)
        end = Finished("length" if limit < len(pieces) else "stop")
        await push((Usage(prompt_tokens=asked, completion_tokens=said), end), sink)

    async def models(self) -> list[ModelFacts]:
        return [ModelFacts("demo")]

    async def aclose(self) -> None:
        """There is nothing to close."""


def speech(request: CompletionRequest) -> str:
    """Return the whole answer: which one depends on how many questions there were, so that it never varies."""
    questions = [turn.content for turn in request.turns if turn.role == "user"]
    if request.response_format is not None:
        note = "This is the demo model. It answers in JSON when asked to, but it knows no schema."
        return json.dumps({"model": "demo", "question": questions[-1] if questions else "", "answer": note}, indent=1)
    text = SPEECHES[(len(questions) - 1) % len(SPEECHES)]
    return text.format(question=quoted(questions[-1]) if questions else "nothing")


def quoted(question: str) -> str:
    """Return the question's first words in quotation marks, none of them readable as Markdown."""
    words = re.sub(r"[^\w\s'’.,;:?%&/+=-]|_", " ", question).split()
    beginning = " ".join(words[:8])[:60].rstrip(" .,;:")
    if not re.search(r"\w", beginning):
        return "something without words"
    return f"“{beginning}…”" if len(words) > 8 or len(beginning) >= 60 else f"“{beginning}”"
