"""Commands: createapikey, deleteaccounts, loadtest, rebuildtotals, reconcile, repriceusage, syncmodels; `serve` is the site's."""
