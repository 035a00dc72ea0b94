"""The derivation on the page: the sweep over a straight-line program with names, line by line."""
