"""What a query means for one text, where that is read and not looked up in the index."""

import pytest

from chat.search.query import Terms


@pytest.mark.parametrize(
    ("query", "text", "matches"),
    [
        ("cafe", "Café Müller", True),
        ("muller", "Café Müller", True),
        ("cafe", "cafeteria", True),
        ("cafe latte", "cafeteria latte", False),
        ("한국", "한국에서", True),
        ("ss", "Straße", False),
        ("i", "İstanbul", True),
        ("天", "今天", True),
    ],
)
def test_reading_tells_the_same_as_the_index(query: str, text: str, matches: bool) -> None:
    assert Terms.parse(query).match(text) is matches


def test_a_snippet_is_a_piece_of_the_text() -> None:
    text = "İ" * 30 + " needle " + "x" * 500 + " needle"
    for query in ("needle", "haystack"):
        snippet = Terms.parse(query).snippet(text)
        assert "".join(part for part, _ in snippet).strip("…") in text
        assert len("".join(part for part, _ in snippet)) < 200
