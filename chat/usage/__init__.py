"""The ledger: what every request to a provider used and cost. Its rows are only added and read.

Booking a request, in one transaction with the answer (`chat/generation/settlement.py`):

    ledger.py          a row for each request that reached a provider, with names as they were then
    token_counts.py    the provider's counts, checked; estimates for what it did not count
    estimate.py        tokens of a text, by a regression on features of the text; no I/O
    vocabulary.py      reads and stores that regression for each model
    totals.py          sums of each day, by one upsert
    charge.py          what an answer cost in all, over its requests

Prices:

    prices.py          which price holds for a model at a moment, and where it comes from
    bundled.py         what genai-prices knows
    price_context.py   tiers of a provider (flex, batch, region, …)
    cost.py            the arithmetic: exact decimals, no Django
    unpriced.py        what was charged by a tier without a price

Reading:

    period.py selection.py   which days, and whose
    reports.py forecast.py latency.py   sums, the month's end, quantiles of the time to the first token
    csv_export.py pagination.py   rows as CSV, page by page
    rebuild.py         sums of each day made anew, to prove or to mend `totals`
    anonymization.py   gives the rows of a deleted account to "a former user"

Rules:

- Rows name everything as it was called then and have no foreign key to people or chats, so they outlive both. Django
  refuses changes and so do triggers (migrations 0005, 0011, 0014). A later price makes a `Correction` beside the row
  (`chat/repricing.py`); whoever shows a cost reads `corrected()` rows.
- Money is stored in whole units of 10^-12 (`chat/models/money.py`): SQLite keeps decimals as floats, whose sums are off
  in the last digit. A price nobody knows is NULL, never 0; the provider's own price takes its place where it told one.
- A price is looked up by when the request was made (`asked_at`) and by what the provider says it charged by. Where
  genai-prices knows another price than the row in force, a row is added that begins when that price did, under a lock
  of the model's row, so that every lookup of a moment finds the same row, in any order.
- `DailyTotal` has a row for each day (UTC) × user × group × model × provider × key × source × kind × currency, and four
  coarser grains that answer in milliseconds. Sum up one grain, never several. A request counts for one group, the first
  of its user's by name. `manage.py rebuildtotals --check` proves that the sums are the ledger's.
- Estimates: words, signs and characters of each script weigh tokens, fitted for each model to the counts that its
  provider reported (2 KB for a model); the prior is that of the large vocabularies.
"""
