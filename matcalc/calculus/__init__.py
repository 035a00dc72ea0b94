"""The engine that reads the rulebook: the adjoint sweep and its readings."""
