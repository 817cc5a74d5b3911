"""The catalog: which providers and models there are, who may use them, and what is known of them.

    providers.py        rows that the environment's variables make, connecting to a provider, free names for models
    inventory.py        reads the providers' lists of models at the start, and again while one is missing
    choice.py           which models a user may choose, in the picker's order; the demo only where there is no other
    context_window.py   fills in how many tokens a model takes, from the data of genai-prices
    learnt.py           what a model's server taught by its answers: refused parameters, its window, its habits

A server that refuses a parameter is asked again at once without it, or by its other name. What helped is kept in
`ChatModel.learnt`, read into every later request, and forgotten by a tick in the admin. Each refused request has a row
in the ledger all the same. A context window has an origin (admin, server, bundled): a weaker one never replaces a
stronger one.
"""
