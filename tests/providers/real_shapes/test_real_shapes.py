"""What real servers send, at every chunking: the right text, thoughts, calls, pictures, end, counts and cost."""

from dataclasses import replace
from itertools import chain
from typing import Final

import pytest

from tests.providers.chunking import every_chunking
from tests.providers.real_shapes import (
    charges,
    counts,
    ends,
    errors,
    halves,
    kept,
    odd_fields,
    reasons,
    thoughts,
    tool_calls,
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
    reasons,
    thoughts,
    tool_calls,
    unshown,
    usage_places,
    whole_answers,
)
TABLE: Final = [
    pytest.param(case, id=f"{subject.__name__.rpartition('.')[2]}: {case}")
    for subject in SUBJECTS
    for case in subject.CASES
]


@every_chunking
@pytest.mark.parametrize("case", TABLE)
def test_a_real_shape_is_read_rightly(case: Case, size: int | None) -> None:
    found = read(case, size)
    if isinstance(case.end, Fails) and isinstance(found.end, Fails):
        assert case.end.words.lower() in found.end.words.lower()
        found = replace(found, end=case.end) if found.end.code == case.end.code else found
    assert found == Read(case.text, case.thought, case.calls, case.pictures, case.end, case.usage, case.told)
    if case.sale is not None:
        assert cost(found.usage, case.sale) == case.sale.cost


def test_no_two_cases_are_the_same() -> None:
    cases = list(chain.from_iterable(subject.CASES for subject in SUBJECTS))
    assert len({str(case) for case in cases}) == len(cases) == len({(case.wire.name, case.body) for case in cases})
