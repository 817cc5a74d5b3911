"""Commands: createapikey, deleteaccounts, loadtest, rebuildtotals, reconcile, repriceusage, syncmodels.

`manage.py serve` is the site's: chatsite/management/commands.
"""
