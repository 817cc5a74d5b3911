"""Budgets: how much a user, a group, a key or the whole site may use in a day or a month (UTC), in tokens or money.

The rows are `chat/models/budgets.py`; a hard budget refuses and ends answers, a soft one only tells.

    demand.py        what a request may use at most, by estimate
    reservation.py   reserves it under the locks of the budgets' rows, in the transaction that begins the answer; more
                     of it while the answer grows
    limit.py         counts a growing answer in memory against what was granted, so that a token costs nothing
    spending.py      counts what was used and releases the reservation, in the transaction that writes the usage rows;
                     carries corrections of prices into the periods that still run
    status.py        what is used, reserved and left, in figures and sentences

A grant is never more than what is left, but the reservation is for all that the answer may use: an answer may run past
its grant until somebody sees it, and nobody else must have begun on the same rest. So answers at once exceed a budget
by one reservation at most. The provider is held to the grant (`max_tokens`), because reasoning may be hidden; what is
seen is counted besides, because some servers heed no limit. An answer that ends at its grant is continued if more is
granted, else it ends with the error `budget`. A request that was lost before a word counts as long as it was allowed
to be. What a period has used is kept on the budget's row; it is summed from the ledger once, when the budget is made.
Nothing is reserved for ever: whoever books an answer releases it, and recovery releases what belongs to no answer.
"""
