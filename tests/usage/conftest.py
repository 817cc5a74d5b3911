"""Fixtures of this folder; few lines, because pytest looks for them in a file of this name.

An answer that is being written (`account`).
"""

from tests.usage.account import account

__all__ = ["account"]
