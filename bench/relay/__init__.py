"""chatsite beside two relays that do less: one that parses nothing, and the one that everybody writes.

`python -m bench.relay` measures all three in one sitting and writes `docs/benchmarks.md`.
"""
