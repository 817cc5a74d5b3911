"""Fixtures of this folder; few lines, because pytest looks for them in a file of this name.

Somebody with budgets (`alice`), a `price`, and an answer that is about to be written (`generation`).
"""

from tests.budgets.answer import generation
from tests.budgets.person import alice, price

__all__ = ["alice", "generation", "price"]
