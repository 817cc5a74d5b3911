"""Views: fetch, authorise, delegate, respond. Rules live in the rooms below.

- JSON interface: access (who is calling, errors as JSON), stream, complete, conversations, turns, listing, live_list,
  thread and summary (a conversation as JSON), files, catalog, budgets, export, metrics, health.
- Pages: pages (the chat), usage, setup, contact (security.txt); sign_in, invitation, openid, deletion (accounts);
  settings and its sections profile, sessions, connections, keys, data.
- What several of them use: archive and takeout (conversations written out piece by piece), chart and formatting (for
  people to read), modulepreload (which modules the page loads).
"""
