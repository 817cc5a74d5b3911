"""A scripted LLM server over real HTTP, in a process of its own: `python -m tests.harness.upstream --port 0`.

`script.py` lists what it can be told to do, `process.py` starts it from a test.
"""
