"""Full-text search in one's own conversations.

    query.py     the words of a query, how text is folded for comparing, snippets
    index.py     the index: SQLite's FTS5 or PostgreSQL's GIN
    near.py      what is nearly a word: one wrong letter, or within a script without spaces
    results.py   a page of results, newest conversation first
    latest.py    one search per user and process: a newer one ends an older one

Searches have two threads of their own in each process (`chat/database.py`), and are broken off in the middle of a
statement when nobody waits for them. A query of one letter of an alphabet looks at titles only. The index gives
candidates; what matches is decided by comparing text in Python, for a bounded number of characters.
"""
