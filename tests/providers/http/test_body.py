"""A body that is no stream says what it was."""

from chat.providers.http.body import HEAD_BYTES, Head, not_a_stream


def test_a_body_that_is_no_stream_says_what_it_was() -> None:
    page = not_a_stream(b"\n<!doctype html><title>Welcome</title>")
    limit = not_a_stream(b'{"error": {"type": "rate_limit_error", "message": "slow down"}}')
    whole = not_a_stream(b'{"choices": [{"message": {"content": "hello"}}]}')
    text = not_a_stream(b"upstream connect error, key sk-secret123")
    pings = not_a_stream(b": ping\n\n: ping\n\n")
    assert (page.code, page.retryable) == ("api_error", False)
    assert "web page" in page.message
    assert limit.code == "rate_limit"
    assert (whole.code, whole.retryable) == ("api_error", False)
    assert text.code == "api_error"
    assert "upstream connect error" in text.message
    assert "secret123" not in text.message
    assert "empty" in pings.message
    assert "empty" in not_a_stream(b" \n").message


def test_json_that_begins_with_blanks_is_kept_whole() -> None:
    head = Head(is_stream=False)
    pieces = [b"\r\n", b" ", b"{", *[b"x" * 1024] * (2 * HEAD_BYTES // 1024), b"}"]
    assert all(head.takes(piece) for piece in pieces)
    assert b"".join(head.parts).lstrip() == b"".join(pieces[2:])
