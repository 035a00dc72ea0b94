"""The signs of the notation: the type of token that each is, what a LaTeX command stands for, and what is refused."""

from __future__ import annotations

from fractions import Fraction

from matcalc.errors import MatcalcError, NotYetError, ParseError

__all__ = ["COMMANDS", "FRACTIONS", "OPERATORS", "REFUSED", "SILENT"]

#: Operators and brackets by what is written.
OPERATORS: dict[str, str] = {
    "+": "PLUS", "-": "MINUS", "−": "MINUS", "–": "MINUS", "*": "TIMES", "@": "TIMES",
    "·": "DOT", "⋅": "DOT", "∙": "DOT",
    "/": "SLASH", "÷": "SLASH", "⊙": "HADAMARD", "∘": "HADAMARD", ".*": "HADAMARD", "⊘": "QUOTIENT", "./": "QUOTIENT",
    "⊗": "KRONECKER", ":": "COLON", "^": "CARET", "**": "CARET", ".^": "DOT_CARET", ".**": "DOT_CARET",
    "(": "LPAR", ")": "RPAR", "[": "LSQUARE", "]": "RSQUARE", "{": "LBRACE", "}": "RBRACE",
    "⟨": "LANGLE", "⟩": "RANGLE", ",": "COMMA", ";": "SEMICOLON", ">": "GREATER", "<": "LESS",
    "|": "BAR", "∣": "BAR", "‖": "NORM", "∥": "NORM", "||": "NORM",
    "𝟏": "ONES", "𝟭": "ONES", "𝟎": "ZEROS", "𝟬": "ZEROS", "𝟙": "INDICATOR", "∇": "NABLA",
    "'": "SUPERSCRIPT", "’": "SUPERSCRIPT", ".'": "SUPERSCRIPT", ".T": "SUPERSCRIPT", "⊤": "SUPERSCRIPT",
}  # fmt: skip


#: LaTeX commands that stand for an operator or a bracket.
COMMANDS: dict[str, str] = {
    "cdot": "·", "odot": "⊙", "circ": "∘", "oslash": "⊘", "otimes": "⊗", "Vert": "‖", "lVert": "‖", "rVert": "‖",
    "lvert": "|", "rvert": "|", "vert": "|", "|": "‖", "{": "(", "}": ")", "langle": "⟨", "rangle": "⟩", "nabla": "∇",
    "ast": "*", "colon": ":",
}  # fmt: skip


SILENT = {
    "left",
    "right",
    "big",
    "Big",
    "bigl",
    "bigr",
    "Bigl",
    "Bigr",
    "quad",
    "qquad",
    ",",
    ";",
    ":",
    "!",
    "displaystyle",
}


REFUSED: dict[str, tuple[type[MatcalcError], str, str]] = {
    "∏": (
        NotYetError, "products over an index are not read",
        "The gradient of ∏ᵢ xᵢ has no closed form where two entries are 0. For positive entries it is exp(∑ᵢ log(xᵢ)).",
    ),
    "\\": (ParseError, "division from the left is not part of the notation", "Write X⁻¹ y for X \\ y."),
    "∂": (NotYetError, "a derivative is not part of the notation", "Write the function, and say by what to derive."),
    "=": (NotYetError, "one expression is read, not an equation", "Write one side of the equation alone."),
    "×": (ParseError, "× has several meanings", "Write A B for the product, A ⊙ B or A ⊗ B."),
    "†": (ParseError, "† is not read", "Write Aᵀ for the transpose."),
    "_": (ParseError, "an index stands here without a name", ""),
    "!": (ParseError, "the factorial is not read", ""),
}  # fmt: skip


FRACTIONS = {
    "½": Fraction(1, 2), "⅓": Fraction(1, 3), "⅔": Fraction(2, 3), "¼": Fraction(1, 4), "¾": Fraction(3, 4),
    "⅕": Fraction(1, 5), "⅖": Fraction(2, 5), "⅗": Fraction(3, 5), "⅘": Fraction(4, 5), "⅙": Fraction(1, 6),
    "⅚": Fraction(5, 6), "⅐": Fraction(1, 7), "⅛": Fraction(1, 8), "⅜": Fraction(3, 8), "⅝": Fraction(5, 8),
    "⅞": Fraction(7, 8), "⅑": Fraction(1, 9), "⅒": Fraction(1, 10),
}  # fmt: skip
