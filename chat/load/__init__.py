"""Load on a site, and what it costs there: `manage.py loadtest` for operators, `make bench` for everybody.

`upstream` is a provider whose words carry the time of their sending; the clock (CLOCK_MONOTONIC) is the same for all
processes of a machine. `crowd` asks and reads, in a process of its own (`__main__`), and `process` looks at the server.
Nothing of the app is imported here, so that a measuring process is small.
"""
