"""What tests and benchmarks run the product against and look at it with: every part of it is real, none knows a test.

`site` runs the whole site in a process of its own, `upstream` is the LLM server in front of which it runs, `stream`
reads what it sends, `books` checks what it wrote down; the others are the servers and people that a site meets.
"""
