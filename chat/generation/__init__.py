"""Asking, writing and following an answer.

    request.py        what a caller asks, checked
    start.py          one transaction writes its rows
    spec.py           all that a generation needs to run
    context.py        which messages are sent; trimming.py: what is left out of them
    live.py           a running generation: deadlines, stop, the end
    completion_run.py the requests of one answer: again before the first word, continued after it
    retry_policy.py   when that is done; overlap.py: what a continuation repeats is left out
    attempt.py        one request; attempt_reader.py reads its answer
    log.py            the one text of an answer: entries (entry.py), marks of attempts, positions, JSON both ways
    wal.py            its file
    journal.py        its rows, written for all generations of a process at once
    recovery.py       what is made of both when a process has died; worker.py: which process this is
    followers.py      who follows here: waking, grace
    stream.py         the one generator that a follower reads
    control.py        stop and revoke, here or elsewhere
    outcome.py        how it ended; settlement.py writes that, report.py tells operators
    smoothing.py      whole words; structured.py: answers that are JSON; pictures.py: that a model made
    title.py          names a conversation
    summary.py        its name until then: the sentence that asks

- `log.append` is file, then memory, then wake, in that order and nowhere else: nobody hears what a killed process would
  not leave behind. Journal and followers are cursors on the log, and the rows of the journal and the lines of the file
  are the same JSON, with null where another request began; those of earlier versions are read, too.
- A position is a count of characters, and the `id` of an event. It names the same place in the log while it is
  written, in the journal of another process, and in the finished message (`Generation.outline` keeps its parts in
  order).
- What an attempt said is a slice of the log, and what is not there but was paid for: the overlap that was cut, and what
  came after Stop.
- Silence is counted in words: pings and counts are none.
- To stop a generation of another process its row takes the wish, which is read with each flush of its journal.
- The journal has a thread of its own, so that no crowd of questions delays it. It also says that the process lives,
  reads requests to stop, and writes that an answer is asked for again before it is: a crash leaves no request unbilled.
- A process is dead if it is gone from this machine, silent for 10 s, or for 60 s if it is seen to be there. Recovery
  looks at the start and every 4 s.
- What is sent is the branch from the question back to the root, read in one query, no further than the model's context
  window can hold; whole exchanges are left out, oldest first, by the estimate less a tenth. `Generation.is_trimmed` and
  a `status` event with attempt 0 say so. `context.cache_key` decides what the provider is asked to cache.
- A generation leaves no cycle behind: the garbage collector comes by seldom, and a text would wait for it.
- A picture that a model makes is a row, stored before the Markdown that shows it by an address of our own, and becomes
  two words when the history goes back to a model. One of over 40 million pixels is told, not shown.
"""
