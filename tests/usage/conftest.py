"""An answer that is being written, for every test of the ledger that asks for an `account`.

A file of its own because pytest looks here for what the tests of a folder share.
"""

from tests.usage.account import account

__all__ = ["account"]
