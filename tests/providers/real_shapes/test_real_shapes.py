"""What real servers send, at every chunking: the right text, thoughts, calls, pictures, end, counts and cost."""

from dataclasses import replace
from typing import Final

import pytest

from tests.providers.chunking import SIZES
from tests.providers.real_shapes import (
    charges,
    counts,
    ends,
    errors,
    halves,
    kept,
    odd_fields,
    own_prices,
    reasons,
    thoughts,
    tool_calls,
    unreadable_events,
    unshown,
    usage_places,
    whole_answers,
)
from tests.providers.real_shapes.case import Case, Fails
from tests.providers.real_shapes.reading import Read, cost, read

SUBJECTS: Final = (
    charges,
    counts,
    ends,
    errors,
    halves,
    kept,
    odd_fields,
    own_prices,
    reasons,
    thoughts,
    tool_calls,
    unreadable_events,
    unshown,
    usage_places,
    whole_answers,
)
TABLE: Final = [
    pytest.param(case, id=f"{subject.__name__.rpartition('.')[2]}: {case}")
    for subject in SUBJECTS
    for case in subject.CASES
]


@pytest.mark.parametrize("case", TABLE)
def test_a_real_shape_is_read_rightly(case: Case) -> None:
    right = Read(case.text, case.thought, case.calls, case.pictures, case.end, case.usage, case.told)
    for size in SIZES:
        found = read(case, size)
        if isinstance(case.end, Fails) and isinstance(found.end, Fails) and found.end.code == case.end.code:
            assert case.end.words.lower() in found.end.words.lower()
            found = replace(found, end=case.end)
        assert (size, found) == (size, right)
    if case.sale is not None:
        assert cost(found.usage, case.sale) == case.sale.cost


def test_no_two_cases_are_the_same() -> None:
    cases = [case for subject in SUBJECTS for case in subject.CASES]
    assert len(cases) >= 140
    assert len({(case.wire.name, case.body, case.learnt) for case in cases}) == len(cases)
