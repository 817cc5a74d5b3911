"""The list of conversations as it changes, and the messages between processes that make it quick.

    feed.py     one task per process reads what has changed for all lists that are open here
    pubsub.py   publish and subscribe over Redis, where there is one; followers of another process's answer use it, too

Messages carry nothing and may be lost: whoever listens also looks into the database, followers every 250 ms, lists
every 4 s. So a site without Redis works the same, a little later.
"""
