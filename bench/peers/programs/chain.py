"""A language model that says what it was made to say: every token has one successor.

Attention and feed-forward layers are there and add nothing, so that what comes next depends on the last token alone:
its embedding is the output row of its successor. A question's last word chooses the answer.
"""

from collections.abc import Iterator
from itertools import pairwise

WIDTH = 128
HEADS = 4
FEED_FORWARD = 256
LAYERS = 2
# What LitServe says of an answer without end.
MOST_PIECES = 400
# Room for a loop that runs for seconds, so that it can be stopped.
CONTEXT = 8192

UNKNOWN, BEGIN, END = "<unk>", "<s>", "</s>"
FIRST_BYTE = 3
# A question ends with one of them. Characters outside ASCII are said byte by byte, as small vocabularies do.
ANSWERS: dict[str, list[str | int]] = {
    "STORY": [
        *(" The", " river", " keeps", " its", " own", " time", " and", " a", " town", " has", " learned", " to"),
        *(" live", " by", " it", " ", *"🎉".encode(), " caf", *"é".encode(), " clocks", " wind", " down."),
        END,
    ],
    "THINK": ["<think>", " Let", " me", " see.", "</think>", " It", " is", " so", " clear.", END],
    # Never ends.
    "LOOP": [*(f" tick{number}" for number in range(40)), " tick0"],
}


def words() -> list[str]:
    """Return the vocabulary after the special tokens and the 256 bytes: questions' last words, then what is said."""
    said = (token for answer in ANSWERS.values() for token in answer if isinstance(token, str) and token != END)
    return list(dict.fromkeys([*ANSWERS, *said]))


def successors() -> Iterator[tuple[int, int]]:
    """Yield each token that has a successor, with it."""
    places = {UNKNOWN: 0, BEGIN: 1, END: 2} | {word: FIRST_BYTE + 256 + place for place, word in enumerate(words())}

    def place(token: str | int) -> int:
        return FIRST_BYTE + token if isinstance(token, int) else places[token]

    for question, answer in ANSWERS.items():
        chain = [question, *answer]
        yield from ((place(one), place(next_one)) for one, next_one in pairwise(chain))


def answer(question: str) -> Iterator[str]:
    """Yield what is said to a question with this last word, as pieces of text; endless where the answer is."""
    tokens = ANSWERS[question]
    while True:
        held = b""
        for token in tokens if tokens[-1] == END else tokens[:-1]:
            if isinstance(token, int):
                held += bytes([token])
                continue
            if held:
                yield held.decode()
                held = b""
            if token != END:
                yield token
        if tokens[-1] == END:
            return


def size() -> int:
    """Return how many tokens there are."""
    return FIRST_BYTE + 256 + len(words())


# The last word of the last message is the last token of the prompt.
TEMPLATE = "{% for message in messages %}{% if not loop.first %}\n{% endif %}{{ message['content'] }}{% endfor %}"
