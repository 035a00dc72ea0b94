"""Expressions to code: a straight-line program is planned on the shapes, and only then printed."""
