"""What is nearly a word of a query: one letter more, fewer or another; or the word within a script that has no spaces.

Such words are looked for among those of the index, which are far fewer than what was said.
"""

from collections.abc import Iterable
from typing import Final

from django.contrib.auth.models import User
from django.db import connection

from chat.search.query import UNSPACED, Terms, fold

# One wrong letter in a shorter word makes another word.
SHORTEST: Final = 4
MOST_NEAR: Final = 20
MOST_READ: Final = 2000

# Of a word with one wrong letter its first or its second half is right.
SQLITE: Final = """
    SELECT term FROM chat_search_vocabulary WHERE term >= %s AND term < %s AND length(term) BETWEEN %s AND %s
    UNION SELECT term FROM chat_search_vocabulary WHERE term LIKE %s AND length(term) BETWEEN %s AND %s
    UNION SELECT term FROM chat_search_vocabulary WHERE term LIKE %s
    LIMIT %s
"""
# Of one's own newest messages: PostgreSQL keeps no list of the words in its index.
POSTGRESQL: Final = """
    SELECT word FROM ts_stat(format(
        'SELECT words FROM chat_message WHERE words @@ %%L::tsquery ORDER BY created_at DESC LIMIT 2000', %s::text))
    WHERE (word LIKE %s OR word LIKE %s) AND length(word) BETWEEN %s AND %s
    LIMIT %s
"""


def alternatives(owner: User, terms: Terms) -> dict[str, list[str]]:
    """Return for each word of `terms` what is nearly that word; empty where it has none for any of them."""
    if not terms.by_word:
        return {}
    near = {word: _near(owner, fold(word)) for word in terms.words if len(word) >= SHORTEST}
    return {word: near.get(word, []) for word in terms.words} if any(near.values()) else {}


def _near(owner: User, word: str) -> list[str]:
    found = (term for term in _candidates(owner, word) if term != word)
    return [term for term in found if is_one_off(word, term) or _holds(term, word)][:MOST_NEAR]


def _candidates(owner: User, word: str) -> Iterable[str]:
    half = len(word) // 2
    shortest, longest = len(word) - 1, len(word) + 1
    begin, end = word[:half], word[half:]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            after = begin[:-1] + chr(ord(begin[-1]) + 1)
            lengths = (shortest, longest)
            cursor.execute(SQLITE, [begin, after, *lengths, f"%{end}", *lengths, f"%{word}%", MOST_READ])
        else:
            mine = f"'owner {owner.pk}'"
            cursor.execute(POSTGRESQL, [mine, f"{begin}%", f"%{end}", shortest, longest, MOST_READ])
        return [term for (term,) in cursor.fetchall()]


def is_one_off(one: str, other: str) -> bool:
    """Whether two words differ by one letter: another, one more, one fewer, or two that changed places."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    begin = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, others = one[begin:], other[begin:]
    is_swapped = rest[:2] == others[1::-1] and rest[2:] == others[2:]
    return is_swapped or rest[1:] == others[1:] or rest[1:] == others or rest == others[1:]


def _holds(term: str, word: str) -> bool:
    """Whether a word stands in a run of a script without spaces, and nothing of its own alphabet beside it."""
    at = term.find(word)
    if at < 0 or not UNSPACED.search(term):
        return False
    around = term[max(0, at - 1) : at] + term[at + len(word) : at + len(word) + 1]
    return all(UNSPACED.match(sign) for sign in around)
