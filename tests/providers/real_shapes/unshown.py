"""Answers without a word: pictures, sound, thoughts alone, or nothing but counts. They were paid for all the same."""

from base64 import b64encode
from typing import Any, Final

from chat.events import Finished, Picture, Usage
from tests.harness import picture
from tests.providers.real_shapes.case import (
    DONE,
    STOP,
    Case,
    Fails,
    block,
    both,
    c,
    completions,
    d,
    f,
    m,
    messages,
    start,
    stream,
    t,
    u,
)

PIXEL: Final = picture.png(8, 8)
OTHER: Final = picture.gif(8, 8)
ENCODED: Final = b64encode(PIXEL).decode()
ADDRESS: Final = f"data:image/png;base64,{ENCODED}"
GIF: Final = f"data:image/gif;base64,{b64encode(OTHER).decode()}"
PICTURE: Final = Picture("image/png", PIXEL)
SOURCE: Final = {"type": "base64", "media_type": "image/png", "data": ENCODED}
SHAPES: Final[dict[str, Any]] = {
    "images[].image_url.url": {"images": [{"type": "image_url", "image_url": {"url": ADDRESS}}]},
    "images[] without a list": {"images": {"type": "image_url", "image_url": {"url": ADDRESS}}},
    "a part of the content": {"content": [{"type": "image_url", "image_url": {"url": ADDRESS}}]},
    "a part with an address as text": {"content": [{"type": "image_url", "image_url": ADDRESS}]},
    "a block like Anthropic's": {"content": [{"type": "image", "source": SOURCE}]},
}
COUNTS: Final = {"prompt_tokens": 9, "completion_tokens": 1290, "total_tokens": 1299}

CASES: Final[list[Case]] = [
    *(completions(f"{kind}, alone", c(**delta), f(), DONE, pictures=(PICTURE,)) for kind, delta in SHAPES.items()),
    *(
        completions(
            f"{kind}, first, then words", c(**delta), c(content="Here."), f(), DONE, text="Here.", pictures=(PICTURE,)
        )
        for kind, delta in SHAPES.items()
    ),
    *(
        completions(
            f"{kind}, in the middle",
            c(content="Here"),
            c(**delta),
            c(content=" it is."),
            f(),
            DONE,
            text="Here it is.",
            pictures=(PICTURE,),
        )
        for kind, delta in SHAPES.items()
    ),
    *(
        completions(
            f"{kind}, last, with counts",
            c(content="Here."),
            c(**delta),
            f(),
            u(COUNTS),
            text="Here.",
            pictures=(PICTURE,),
            usage=Usage(9, None, 1290),
        )
        for kind, delta in SHAPES.items()
    ),
    completions(
        "two pictures, the first told twice",
        c(images=[{"image_url": {"url": ADDRESS}}]),
        c(images=[{"image_url": {"url": ADDRESS}}, {"image_url": {"url": GIF}}]),
        f(),
        DONE,
        pictures=(PICTURE, Picture("image/gif", OTHER)),
    ),
    completions(
        "a picture and words in parts",
        c(content=[{"type": "text", "text": "Here."}, {"type": "image_url", "image_url": {"url": ADDRESS}}]),
        f(),
        DONE,
        text="Here.",
        pictures=(PICTURE,),
    ),
    completions(
        "a picture that cannot be shown, after words",
        c(content="Here."),
        c(images=[{"image_url": {"url": "data:image/png;base64,?"}}]),
        f(),
        DONE,
        text="Here.",
        told=True,
    ),
    messages("an image block, alone", start(), block("image", source=SOURCE), m(), STOP, pictures=(PICTURE,)),
    messages(
        "an image block in the middle",
        start(),
        t("Here"),
        block("image", 1, source=SOURCE),
        d("text_delta", 2, text=" it is."),
        m(),
        STOP,
        text="Here it is.",
        pictures=(PICTURE,),
    ),
    completions(
        "audio with what it says",
        c(audio={"id": "a", "data": "UklGRg==", "transcript": "Hello"}),
        f(),
        DONE,
        text="Hello",
    ),
    completions(
        "audio alone, with counts", c(audio={"id": "a", "data": "UklGRg=="}), f(), u(COUNTS), usage=Usage(9, None, 1290)
    ),
    completions("audio alone, without counts", c(audio={"id": "a", "data": "UklGRg=="}), f(), DONE),
    completions(
        "counted output and no reason",
        c(role="assistant"),
        u(COUNTS),
        usage=Usage(9, None, 1290),
        end=Finished("other", "none"),
    ),
    messages(
        "counted output and no reason",
        start({"input_tokens": 9}),
        m(None, {"output_tokens": 12}),
        STOP,
        usage=Usage(9, None, 12),
        end=Finished("other", "none"),
    ),
    messages(
        "counted output and a reason",
        start({"input_tokens": 9}),
        m("end_turn", {"output_tokens": 12}),
        STOP,
        usage=Usage(9, None, 12),
    ),
    *both("thoughts without an answer", lambda wire: stream(wire, wire.thought("Hm")), thought="Hm"),
    *both(
        "thoughts without an answer, at their limit",
        lambda wire: stream(wire, wire.thought("Hm"), wire.ended("length"), wire.mark, end=False),
        thought="Hm",
        end=Finished("length"),
    ),
    completions(
        "no output counted and no reason",
        c(role="assistant"),
        u({"prompt_tokens": 9, "completion_tokens": 0, "total_tokens": 9}),
        end=Fails("api_error"),
        usage=Usage(9, None, 0),
    ),
]
