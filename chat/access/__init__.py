"""Who may be here, while they are here.

    credential.py     what a request was authenticated by (session or API key), and whether that is still valid
    subscription.py   ends streams and the live list within five seconds of the withdrawal of a credential
    throttle.py       counts failed sign-ins and wrong keys by name, address and device, for all processes together

Keys and the first admin's token are rows (`chat/models/access.py`); who is calling is found out in
`chat/views/access.py`. Names and addresses are stored as keyed hashes. An attempt is counted before its password is
looked at and given back when it was right, so that many attempts at once are no way around. While a limit holds the
right password waits, too. A browser in which somebody has signed in before is counted apart, so that nobody can lock
others out. API keys and the set-up token are stored as SHA-256: they are 256 random bits, and a slow hash would add
nothing.
"""
