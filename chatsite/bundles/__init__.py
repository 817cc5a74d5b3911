"""Bundles of the browser's modules and style sheets: one request where there would be a hundred.

The sources stay what is written, read and debugged: bundles are made of them once per content, kept in the data
directory (`cache`), and have source maps (`source_map`). A module becomes a function of its own in a bundle, so that
no name of one meets another's (`linker`); where its imports and exports stand tells a grammar of JavaScript (`module`).
What these functions could not keep is refused, and pages load the modules themselves. Style sheets are joined at their
imports (`stylesheet`).

Below `/static/bundle/` lie the bundles, each under its first module's path, and all other files as they are: an
address in a module means the same in both. A part that the page fetches later is a bundle of its own and takes from
the page's what both need; what runs in a worker has all it needs.
"""


class UnbundledError(Exception):
    """Something that a bundle cannot hold; its text names the file."""
