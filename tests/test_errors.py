"""What strangers say may be shown only without their keys and addresses."""

import pytest

from chat.errors import LADDER, ChatError, masked


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abcdefghijklmnop",
        "sk-ant-api03-abcdefghijklmnop",
        "sk-abcd************wxyz",
        "cs_0123456789abcdef",
        "Bearer abcdef.ghijkl",
        "bearer xyz",
        "api-key-0123456789",
        "https://10.0.0.7:8443/v1/chat?key=abc",
        "http://user:password@host/v1",
        "postgresql://chat:hunter2@db/chat",
        "rediss://:hunter2@cache:6379/0",
        "/home/ada/server/llama.py",
        "C:\\Users\\Ada\\server.py",
    ],
)
def test_keys_and_addresses_are_masked(secret: str) -> None:
    text = masked(f"It failed with {secret} today")
    assert secret.split()[-1] not in text
    assert text.startswith("It failed with [")
    assert text.endswith("] today")


@pytest.mark.parametrize("secret", ["https://host/v1", "sk-0123456789"])
@pytest.mark.parametrize("frame", ['"{}"', "'{}'", "({})", "<{}>", "key={},", "{}."])
def test_a_secret_is_masked_inside_punctuation(secret: str, frame: str) -> None:
    assert secret not in masked(frame.format(secret))


@pytest.mark.parametrize(
    "text",
    [
        "The model gpt-4o-mini does not exist.",
        "Asked for 9000 tokens, 8192 fit.",
        "risk-averse task-related words",
        "POST /v1/chat/completions",
    ],
)
def test_plain_words_stay(text: str) -> None:
    assert masked(text) == text


def test_text_is_put_on_one_line_and_cut() -> None:
    assert masked("a\n  b\tc\r\n") == "a b c"
    assert masked("x" * 301) == "x" * 299 + "…"
    assert masked("x" * 300) == "x" * 300
    assert masked("x" * 20, limit=10) == "x" * 9 + "…"


def test_a_secret_at_the_cut_is_masked_before_the_text_is_cut() -> None:
    assert "sk-" not in masked("x" * 290 + " sk-0123456789abcdef")


@pytest.mark.parametrize("code", LADDER)
def test_every_rung_has_a_status_and_says_whether_to_try_again(code: str) -> None:
    error = ChatError(code, "words", retry_after=2.5)
    assert 400 <= error.http_status <= 504
    assert error.retryable is LADDER[code].retryable
    assert (str(error), error.message, error.retry_after) == ("words", "words", 2.5)


@pytest.mark.parametrize("odd", ["\0", "\ud83c"])
def test_what_no_database_and_no_stream_takes_is_replaced(odd: str) -> None:
    text = masked(f"It said {odd} and left")
    assert text == "It said \ufffd and left"


@pytest.mark.parametrize("mark", ["\x1b[31m", "\x07", "\x9b1m", "\u202e", "\u2066", "\0"])
def test_what_controls_a_terminal_or_the_direction_of_writing_is_told_to_nobody(mark: str) -> None:
    assert masked(f"It failed{mark} today") == f"It failed\ufffd{mark[1:]} today"
