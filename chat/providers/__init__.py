"""Asking a provider: no Django, no row, no setting. What an answer says is pushed into a sink, as values of `events`.

    base.py           what a provider is, what a request has, what a model's server taught
    registry.py       imports a provider when it is first used
    http/             how bytes travel: provider.py (the order of a stream, errors without secrets), body.py (up to the
                      end that counts), pool.py and connection.py (HTTP/1.1), batching.py (many readers together),
                      client.py (when a request has left), decompression.py
    openai/ anthropic/ demo.py   what they mean: a provider, and a decoder without I/O
    decoder.py        what both formats share, with sse.py (server-sent events), usage.py (all dialects of counts),
                      finish_reason.py (when and why an answer ends), thinking.py (tags in the text), tool_calls.py,
                      pictures.py, dimensions.py (of a picture, by its header), surrogates.py (halves of characters)
    errors.py         what providers say when they fail; unsupported_parameters.py, context_window.py: what it teaches
    format_instructions.py   a format that is asked for in words
    limits.py         how much is taken of anything
    bill.py           what a provider says it charged

- What `sink` returns is awaited before the next event; what it raises passes as it is, and closes the connection.
- An answer ends at its end mark or with the body. A reason to end is only a word until then, and none at all is told as
  such (`other`, `none`) unless a model's server is known for it. What is odd costs its own field; what could not be
  read after words had come is told.
- Thoughts between tags are split off at the beginning. Where only the closing tag comes, text that was sent turns out
  to be thought, which the event `reclassified` says; `Learnt.begins_in_thought` spares the next answer.
- What the provider counted or ended with a reason is an answer, shown or not, and is not asked for again: it was paid
  for.
- Where more than 20 answers of a provider are read they are read together, every 50 ms (75 above 500), straight from
  their sockets where there is no TLS in between; a few at every piece (`http/batching.py`).
- The stream is read as bytes by our own decoder: the SDK's typed stream reports a cut stream, an error body and an
  `event: error` as a clean end, and costs more. The transport is ours, too (on httptools' parser); the client's own
  reads each piece through five layers, and still serves where the environment names a proxy.
- Anthropic's SDK is not used. A POST was left of it, and its defaults to undo: a newer version of the format, keys and
  tokens from the environment and from disk, limits and retries of its own; it takes 40 MB beside OpenAI's.
- docs/compatibility.md tells the shapes by family of server.
"""
