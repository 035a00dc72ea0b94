"""Text to expressions, and expressions to text, LaTeX and indices."""
