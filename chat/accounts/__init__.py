"""What chatsite asks of django-allauth beyond its settings.

adapter.py        its decisions and words
forms.py          its forms, with our labels; code.py, passkey.py: those of second factors
backend.py        looks a password up: as many hashes for a name that nobody has
names.py          names to sign in with, each of one person
reset.py          what a mailed link for a new password proves
factor.py         secrets of second factors at rest
recent.py         asks for a proof of who one is, five minutes old at most
sessions.py       when they were seen, and how they end; agent.py: a browser's name
openid.py         signing in with OpenID Connect: who is whom; claims.py, issuer.py: what a provider tells, and how
invited.py        the link that a browser has opened; stage.py: waiting for an address
leaving.py        accounts that go: keeping one that is to be deleted; whose is gone is led out
post.py           mail, sent beside the requests
lazy.py           views that are imported when asked for
"""
