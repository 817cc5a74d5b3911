"""Broken streams break nothing; few lines, because `bench/soak` breaks them, and tries them for longer."""

from bench.soak.fuzz import fuzz


def test_broken_streams_break_no_decoder() -> None:
    assert [figure for figure in fuzz(2, seed=1) if not figure.kept] == []
