"""What chatsite asks of django-allauth beyond its settings.

    adapter.py       its decisions and words                 forms.py code.py passkey.py   its forms, with our labels
    backend.py       looks a password up: as many hashes for a name that nobody has
    names.py         names to sign in with, each of one person       reset.py   what a mailed link for a new password proves
    factor.py        secrets of second factors at rest       recent.py    asks for a proof of who one is, five minutes old at most
    sessions.py      when they were seen, how they end       agent.py     a browser's name
    openid.py claims.py issuer.py   signing in with OpenID Connect: who is whom, groups from claims, the connection
    invited.py stage.py leaving.py  the link that a browser has opened; waiting for an address; keeping an account
    post.py          mail, sent beside the requests          lazy.py      views that are imported when asked for
"""
