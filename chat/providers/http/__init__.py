"""How bytes travel to and from providers behind HTTP.

provider.py       what they have in common: the order of a stream, errors without secrets
client.py         knows when a request leaves: from then on it may cost money
pool.py connection.py   connections of our own, HTTP/1.1 by a C parser; kept for the next request
batching.py       how often those who read look for more      body.py   the body of a streamed answer
decompression.py  packed bodies, a step at a time
"""
