"""The search: every word, the last one as a beginning, in titles and messages of one's own; on both databases."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from chat.search import results
from tests.harness.site import Site
from tests.harness.stream import events, one
from tests.harness.upstream.process import Upstream

MODEL = "gpt-4o-mini"
Hits = list[dict[str, Any]]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def searched(
    request: pytest.FixtureRequest, upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A site on each database."""
    environment = {"OPENAI_BASE_URL": upstream.base_url, "SECRET_KEY": "only-for-this-test-" + "x" * 40}
    if request.param == "postgresql":
        environment["DATABASE_URL"] = request.getfixturevalue("postgres_url")
    with Site(tmp_path_factory.mktemp(request.param), environment) as site:
        site.manage("syncmodels")
        yield site
        assert "Traceback" not in (told := "".join(site.output)), told


@pytest.fixture
def ada(searched: Site) -> Iterator[httpx2.Client]:
    with searched.client("alice") as client:
        yield client


def ask(client: httpx2.Client, message: str, **more: Any) -> str:
    name: str = one(events(client, message=message, model=MODEL, **more), "start")["conversation_id"]
    return name


def found(client: httpx2.Client, query: str, **more: str) -> list[str]:
    answer = client.get("/api/conversations", params={"q": query, **more})
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["conversations"]]


def hits(client: httpx2.Client, query: str) -> Hits:
    rows = client.get("/api/conversations", params={"q": query}).json()["conversations"]
    return [hit for row in rows for hit in row["hits"]]


def test_every_word_must_occur_and_the_last_is_a_beginning(ada: httpx2.Client) -> None:
    name = ask(ada, "The quokka of Rottnest is a marsupial")
    for query in ("quokka", "QUOK", "rottnest quokka", "quokka marsup", "marsupial the"):
        assert found(ada, query) == [name], query
    for query in ("quok rottnest", "quokka wombat", "okka", "arsupial"):
        assert found(ada, query) == [], query


def test_a_single_letter_is_looked_for_in_titles_and_a_single_sign_everywhere(ada: httpx2.Client) -> None:
    name = ask(ada, "Xenon, 물 and 水 and ☃")
    ada.patch(f"/api/conversations/{name}", json={"title": "Of gases"})
    assert found(ada, "x") == []
    assert found(ada, "xe") == [name]
    for query in ("물", "水", "☃"):
        assert name in found(ada, query), query
    ada.patch(f"/api/conversations/{name}", json={"title": "Of Xylophones"})
    assert found(ada, "x") == [name]
    assert [[text for text, is_hit in hit["snippet"] if is_hit] for hit in hits(ada, "x")] == [["X"]]


def test_a_hit_says_where_the_words_stand(ada: httpx2.Client) -> None:
    name = ask(ada, "the potoroo sleeps")
    for number in range(3):
        ask(ada, f"{'far away ' * 30} potoroos number {number} <b>", conversation_id=name)
    ada.patch(f"/api/conversations/{name}", json={"title": "On the Potoroo"})
    messages = {
        message["id"]: message["content"] for message in ada.get(f"/api/conversations/{name}").json()["messages"]
    }
    title, *others = hits(ada, "potor")
    assert title == {
        "message_id": None,
        "snippet": [["On the ", False], ["Potor", True], ["oo", False]],
        "created_at": None,
    }
    # The newest first, three in all.
    assert [f"number {number}" in messages[hit["message_id"]] for hit, number in zip(others, (2, 1), strict=True)] == [
        True
    ] * 2
    for hit in others:
        text = "".join(part for part, _ in hit["snippet"])
        assert "potoroos" in text
        assert [part for part, is_hit in hit["snippet"] if is_hit] == ["potor"]
        assert text.startswith("…")
        assert text.strip("…").strip() in " ".join(messages[hit["message_id"]].split())


def test_what_the_model_said_is_found_and_its_thoughts_are_not(ada: httpx2.Client, upstream: Upstream) -> None:
    call = {"index": 0, "id": "call_1", "name": "kookaburra", "arguments": "{}"}
    upstream.script_prompt("what do you see", reasoning=["a cassowary "], text=["a bandicoot"], tool_calls=[call])
    name = ask(ada, "what do you see", system_prompt="You are a platypus.")
    assert found(ada, "bandicoot") == [name]
    for word in ("cassowary", "platypus", "kookaburra"):
        assert found(ada, word) == []


def test_only_ones_own_is_found(ada: httpx2.Client, searched: Site) -> None:
    ask(ada, "my secret thylacine")
    with searched.client("bob") as bob:
        assert found(bob, "thylacine") == []
        mine = ask(bob, "a thylacine of my own")
        assert found(bob, "thylacine") == [mine]
    # Nor does anybody wait for what others have said.
    counted = searched.shell(
        "from chat.search.index import matches",
        "from chat.search.query import Terms",
        "bob = User.objects.get(username='bob')",
        "print(len(list(matches(bob, Terms.parse('thylacine'), 100))))",
    )
    assert int(counted) == 2


def test_the_index_follows_every_change(ada: httpx2.Client) -> None:
    name = ask(ada, "the first bilby")
    path = f"/api/conversations/{name}"
    turn = ada.get(path).json()["messages"][0]["id"]
    ada.patch(path, json={"title": "Macrotis"})
    assert found(ada, "macrotis") == [name]
    ada.patch(path, json={"title": "Lagotis"})
    assert (found(ada, "macrotis"), found(ada, "lagotis")) == ([], [name])
    ada.delete(f"{path}/messages/{turn}")
    assert found(ada, "bilby") == []
    ada.delete(path)
    assert found(ada, "lagotis") == []


def test_a_search_looks_into_the_archive_unless_told_otherwise(ada: httpx2.Client) -> None:
    name = ask(ada, "the archived echidna")
    ada.patch(f"/api/conversations/{name}", json={"archived": True, "pinned": True})
    assert found(ada, "echidna") == [name]
    assert found(ada, "echidna", archived="false") == []
    assert found(ada, "echidna", pinned="true") == [name]


@pytest.mark.parametrize(
    ("said", "queries"),
    [
        ("東京の天気はどうですか", ["天気", "東京 天気", "どう"]),
        ("今天北京的天气怎么样", ["北京", "天气"]),
        ("สวัสดีชาวโลก", ["ชาวโลก"]),
        ("यह हिन्दी वाक्य है", ["हिन्दी"]),
        ("snow ☃ man", ["☃", "snow"]),
        ("see example.com/path and gpt-4o-mini, snake_case", ["example.com", "path", "4o mini", "case", "example"]),
        ("Straße und Übergröße", ["straße", "ÜBERGRÖ"]),
    ],
)
def test_words_are_found_in_every_script(ada: httpx2.Client, said: str, queries: list[str]) -> None:
    name = ask(ada, said)
    for query in queries:
        assert name in found(ada, query), query
        assert any(is_hit for hit in hits(ada, query) for _, is_hit in hit["snippet"]), query


def near(client: httpx2.Client, query: str) -> list[str]:
    answer = client.get("/api/conversations", params={"q": query}).json()
    return [row["id"] for row in answer["near"]]


def test_diacritics_do_not_matter_on_either_database(ada: httpx2.Client) -> None:
    name = ask(ada, "Une idée géniale à Łódź")
    assert found(ada, "idee geniale") == [name]
    assert [part for hit in hits(ada, "idee") for part, is_hit in hit["snippet"] if is_hit] == ["idée", "idée"]


def test_a_latin_word_within_a_script_without_spaces_is_found(ada: httpx2.Client) -> None:
    name = ask(ada, "请用Zebrafinch编写代码")
    assert name in found(ada, "zebrafinch") + near(ada, "zebrafinch")
    assert name not in found(ada, "ebrafinch") + near(ada, "brafin")


@pytest.mark.parametrize("typed", ["zephyrology", "zephyrolgy", "zephyroloogy", "zephirology", "zehpyrology"])
def test_one_wrong_letter_still_finds_below_what_has_the_word(ada: httpx2.Client, typed: str) -> None:
    right = ask(ada, "The zephyrology of naïve coasts")
    wrong = ask(ada, f"My {typed[:-1]}ies are many")
    everywhere = found(ada, typed)
    assert (right in everywhere) is (typed == "zephyrology")
    assert right in everywhere + near(ada, typed)
    assert wrong not in near(ada, typed)
    assert not set(everywhere) & set(near(ada, typed))


def test_near_words_are_ones_own_only(ada: httpx2.Client, searched: Site) -> None:
    name = ask(ada, "all about quagmirism")
    assert name in near(ada, "quagmirizm")
    with searched.client("charlie") as charlie:
        assert near(charlie, "quagmirizm") == []


def test_a_hit_tells_when_it_was_said(ada: httpx2.Client) -> None:
    ask(ada, "when was umbrellabird said?")
    said = [hit["created_at"] for hit in hits(ada, "umbrellabird") if hit["message_id"]]
    assert said
    assert all(said)


def test_the_end_of_a_long_answer_is_found(ada: httpx2.Client, upstream: Upstream) -> None:
    upstream.script_prompt("a long tale", text=["the river and the town " * 80_000, " then came the okapimaster"])
    name = ask(ada, "a long tale")
    assert name in found(ada, "okapimaster")
    assert any(is_hit for hit in hits(ada, "okapimaster") for _, is_hit in hit["snippet"])


@pytest.mark.parametrize(
    "query",
    ['"', "'", "*", "a*", "-a", "NEAR(a b)", "a AND", "OR", "NOT", "(", ")", "a:b", "owner:o1", "^a", "a + b", "\\",
     "%", "_", "''", "a' OR '1'='1", "&", "|", "!", "<->", ":*", "a & !b", "\x00", "\ud7ff", "²", "ᦰ", "a" * 5000,
     "a " * 500, "́", "1.5e10", "-1", "☃*", "'owner 1'"],
)  # fmt: skip
def test_no_query_is_an_error(ada: httpx2.Client, query: str) -> None:
    found(ada, query)


def test_an_owner_cannot_be_searched_for(ada: httpx2.Client, searched: Site) -> None:
    ask(ada, "owner 1 o1 o2")
    with searched.client("charlie") as charlie:
        for query in ("owner", "o1", "o2", "owner 1"):
            assert found(charlie, query) == []


def test_a_frequent_word_pages_without_gap_or_repeat(ada: httpx2.Client, searched: Site) -> None:
    lines = (
        "alice = User.objects.get(username='alice')",
        "rows = [Conversation(owner=alice, title=f'kelp {n}') for n in range(60)]",
        "Conversation.objects.bulk_create(rows)",
        "Message.objects.bulk_create(Message(conversation=rows[n // 100], role='user', content='a kelp forest')"
        " for n in range(6000))",
        "Message.objects.bulk_create(Message(conversation=row, role='user', content='dulse') for row in rows)",
    )
    searched.shell(*lines)
    first = ada.get("/api/conversations", params={"q": "kelp"}).json()
    rest = ada.get("/api/conversations", params={"q": "kelp", "cursor": first["next_cursor"]}).json()
    names = [row["id"] for row in first["conversations"] + rest["conversations"]]
    assert (len(first["conversations"]), len(names), len(set(names)), rest["next_cursor"]) == (50, 60, 60, None)
    assert all(len(row["hits"]) == 3 for row in first["conversations"])
    assert found(ada, "kelp dulse") == []
    assert len(found(ada, "kelp forest")) == 50
    # Far more than the index is asked for at first, in fewer conversations than a page has; one of them is old.
    assert results.CAP < 1500
    concentrated = (
        "alice = User.objects.get(username='alice')",
        "rows = [Conversation(owner=alice, title='x') for n in range(400)]",
        "Conversation.objects.bulk_create(rows)",
        "Message.objects.bulk_create(Message(conversation=rows[-1 if n else 0], role='user', content='a nori leaf')"
        " for n in range(1501))",
    )
    searched.shell(*concentrated)
    assert len(found(ada, "nori leaf")) == 2


@pytest.mark.parametrize("chars", [250_000])
def test_the_longest_answer_is_stored_whatever_the_index_takes(
    ada: httpx2.Client, upstream: Upstream, chars: int
) -> None:
    words = "".join(f"w{number:x}é " for number in range(chars))
    upstream.script_prompt("so many words", text=[words])
    name = ask(ada, "so many words")
    assert ada.get(f"/api/conversations/{name}").json()["messages"][-1]["content"] == words
    assert name in found(ada, "w1é")


def test_rows_that_were_there_before_are_found(searched: Site) -> None:
    with searched.client() as before:
        name = ask(before, "an old numbat")
    # A site that runs looks every now and then for answers left unfinished: not while columns come and go.
    searched.stop()
    searched.manage("migrate", "-v0", "chat", "0003")
    searched.manage("migrate", "-v0", "chat")
    searched.start()
    with searched.client() as after:
        assert found(after, "numbat") == [name]
