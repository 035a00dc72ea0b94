"""Exact evaluation: expressions over a prime field with nilpotents, for proofs."""
