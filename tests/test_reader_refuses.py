"""What the reader refuses: the kind of the error, its words, the places it marks, and the way out it offers."""

import pytest

from matcalc.errors import (
    AmbiguityError,
    DeclarationError,
    LimitError,
    MatcalcError,
    NotYetError,
    ParseError,
    ShapeError,
)
from matcalc.notation.read import parse, read, read_formula

WHERE = {"A": "m n", "B": "m n", "X": "n n", "Y": "n n", "x": "n", "z": "n", "y": "m", "α": "scalar", "c": "scalar"}


def refusal(text, where=None):
    """The error that reading raises."""
    with pytest.raises(MatcalcError) as caught:
        read(text, where)
    return caught.value


# kind, text, declared symbols, the whole message
MESSAGES = [
    (ShapeError, "A y", "Ay", """\
A is m×n here, but y is m×1: n and m differ
  A y
  ^ ^
Aᵀ would fit on the left."""),
    (ShapeError, "x z", "xz", """\
x is n×1 here, but z is n×1: 1 and n differ
  x z
  ^ ^
xᵀ would fit on the left. For the product entry by entry write ⊙."""),
    (ShapeError, "‖y − A z + x‖", "yAzx", """\
y is m×1 here, but x is n×1
  ‖y − A z + x‖
   ^         ^"""),
    (ShapeError, "A + Bᵀ", "AB", """\
A is m×n here, but Bᵀ is n×m
  A + Bᵀ
  ^   ^^
A transpose makes them fit: B."""),
    (ShapeError, "X : A", "XA", """\
X is n×n here, but A is m×n
  X : A
  ^   ^"""),
    (ShapeError, "x / X", "xX", """\
X is a matrix, and division by a matrix is not read
  x / X
      ^
Write X⁻¹ for the inverse or ⊘ X for the division entry by entry."""),
    (ShapeError, "A²", "A", """\
A is m×n, not square, and has no matrix power
  A²
  ^^
Write A ⊙ A or A.^(2) for the power entry by entry."""),
    (ShapeError, "X^½", "X", """\
X is a matrix, and its power by a fraction has two readings
  X^½
  ^^^
Write X.^(½) for the power entry by entry; sqrtm is the root of a matrix."""),
    (ParseError, "α/0", "α", """\
division by 0
  α/0
    ^"""),
    (ParseError, "0/0 x", "x", """\
division by 0
  0/0 x
    ^"""),
    (ParseError, "α 0^-1", "α", """\
division by 0
  α 0^-1
    ^"""),
    (ShapeError, "2^X", "X", """\
the exponent of 2 is n×n
  2^X
  ^^^
An exponent is a scalar; entry by entry c^X is exp(log(c) X)."""),
    (ShapeError, "x⁻¹", "x", """\
x is a vector and has no inverse
  x⁻¹
  ^^^
Write 𝟏 ⊘ x for the reciprocals of the entries."""),
    (ShapeError, "A⁻¹", "A", """\
A is m×n, not square, and has no inverse
  A⁻¹
  ^^^"""),
    (ShapeError, "‖X‖₂", "X", """\
the spectral norm of the matrix X is not read
  ‖X‖₂
  ^^^^
Write ‖X‖_F for the Frobenius norm, spectral(X) for the largest singular value."""),
    (ShapeError, "tr(A)", "A", """\
tr takes X of shape n by n, and this is m×n
  tr(A)
  ^^^^^"""),
    (ShapeError, "I", "", """\
nothing says what size I has
  I
  ^
Write I_n with the name of a dimension."""),
    (ShapeError, "2 𝟏", "", """\
nothing says what size 𝟏 has
  2 𝟏
    ^
Write 𝟏_n with the name of a dimension."""),
    (AmbiguityError, "X + 2 α", "Xα", """\
a scalar is added to the square matrix X
  X + 2 α
  ^   ^^^
Write 2 α I for the diagonal or 2 α 𝟏𝟏ᵀ for every entry."""),
    (AmbiguityError, "|X|", "X", """\
|X| of a matrix has two readings
  |X|
  ^^^
Write abs(X) for the absolute values or det(X) for the determinant."""),
    (AmbiguityError, "e^X", "X", """\
e to the power of a matrix has two readings
  e^X
  ^^^
Write exp(X) for the function entry by entry or expm(X) for the matrix exponential."""),
    (AmbiguityError, "exp X", "X", """\
exp of a matrix without brackets has two readings
  exp X
  ^^^^^
Write exp(X) for every entry or expm(X) for the matrix function."""),
    (AmbiguityError, "α / c x", "αcx", """\
a product after a slash has two readings
  α / c x
  ^^^^^^^
Write (α / c) x or α / (c x)."""),
    (ParseError, "X \\ y", "Xy", """\
division from the left is not part of the notation
  X \\ y
    ^
Write X⁻¹ y for X \\ y."""),
    (AmbiguityError, "x/z y", "xzy", """\
a product after a slash has two readings
  x/z y
  ^^^^^
Write (x / z) y or x / (z y)."""),
    (AmbiguityError, "y/x z", "", """\
a product after a slash has two readings
  y/x z
  ^^^^^
Write (y / x) z or y / (x z)."""),
    (AmbiguityError, "tr X Y", "XY", """\
tr without brackets takes one factor at the end of a product
  tr X Y
  ^^^^^^
Write tr(X) Y or tr(X Y)."""),
    (AmbiguityError, "sin x/2", "x", """\
sin without brackets takes one factor
  sin x/2
  ^^^^^^^
Write sin(x)/2 or sin(x/2)."""),
    (AmbiguityError, "A ⊗ B ⊙ X", "ABX", """\
⊗ beside ⊙ or ⊘ has two readings
  A ⊗ B ⊙ X
  ^^^^^^^^^
Write (A ⊗ B) ⊙ X or A ⊗ (B ⊙ X)."""),
    (AmbiguityError, "x^2^3", "x", """\
a power of a power needs brackets
  x^2^3
  ^^^^^
Write (x^2)^3 or x^(2^3)."""),
    (AmbiguityError, "A ⊙ x ⊙ B", "", """\
two readings are equally good: A a matrix, x a matrix, B a matrix; or A a vector, x a vector, B a vector
  A ⊙ x ⊙ B
  ^   ^   ^
Declare A or x or B."""),
    (ParseError, "tahn(x)", "x", """\
there is no function tahn
  tahn(x)
  ^^^^
Did you mean tan or tanh?"""),
    (ParseError, "foo x", "x", """\
foo is neither declared nor known
  foo x
  ^^^
Declare it, or write a product with spaces: f o o."""),
    (ParseError, "x if", "x", """\
if is a word of Python and cannot be read as a product
  x if
    ^^
Declare it, or write a product with spaces: i f."""),
    (ParseError, "sin² x", "x", """\
an exponent cannot stand on the function sin
  sin² x
  ^^^^
Write sin(x)² for the power of the value."""),
    (ParseError, "‖y − A x", "yAx", """\
‖ is never closed
  ‖y − A x
  ^"""),
    (ParseError, "‖x ‖z‖‖", "xz", """\
‖ is never closed
  ‖x ‖z‖‖
        ^
A bar after an operand closes; write · or a bracket before a norm inside a norm."""),
    (ParseError, "A x)", "Ax", """\
) closes nothing
  A x)
     ^"""),
    (ParseError, "(x]", "x", """\
] does not close (
  (x]
  ^ ^"""),
    (ParseError, "x +", "x", """\
something is missing after +
  x +
     ^"""),
    (ParseError, "x + * z", "xz", """\
something is missing between + and *
  x + * z
    ^^^"""),
    (ParseError, "* x", "x", """\
something is missing before *
  * x
  ^"""),
    (ParseError, "sin()", "", """\
nothing stands between ( and )
  sin()
     ^^"""),
    (ParseError, "sin", "", """\
sin needs an argument
  sin
  ^^^
Write sin(…)."""),
    (ParseError, "tr(X, Y)", "XY", """\
tr takes 1 argument, and 2 are given
  tr(X, Y)
  ^^^^^^^^"""),
    (ParseError, "2 3 x", "x", """\
two numbers side by side
  2 3 x
  ^^^
Write · between them for their product."""),
    (ParseError, "x × z", "xz", """\
× has several meanings
  x × z
    ^
Write A B for the product, A ⊙ B or A ⊗ B."""),
    (ParseError, "x ≈ z", "xz", """\
'≈' is not part of the notation
  x ≈ z
    ^"""),
    (ParseError, "‖x‖_p", "x", """\
the norm ‖·‖ with the index p is not read
  ‖x‖_p
    ^^^
‖x‖, ‖x‖₁, ‖x‖_∞, ‖X‖_F and the nuclear norm ‖X‖_* are; spectral(X) is the largest singular value."""),
    (ParseError, "A^H y", "Ay", """\
ᴴ is the conjugate transpose, and matrices here are real
  A^H y
    ^
Write ᵀ; or declare H if it is an exponent."""),
    (ParseError, r"A^{\mathsf{H}} y", "Ay", r"""the conjugate transpose is not read: matrices here are real
  A^{\mathsf{H}} y
   ^^^^^^^^^^^
Write ^{\top}."""),
    (NotYetError, r"\min_x \|A x - y\|^2", "Axy", r"""an index below min is not read
  \min_x \|A x - y\|^2
  ^^^^^^
Write the objective alone; solve() and minimize() look for where it is least."""),
    (AmbiguityError, "‖x‖2", "x", """\
2 directly behind a norm may be its index or a factor
  ‖x‖2
  ^^^
Write _2 for the index, or a space before the factor."""),
    (AmbiguityError, "‖A‖²F", "A", """\
F directly behind a norm may be its index or a factor
  ‖A‖²F
  ^^^^
Write _F for the index, or a space before the factor."""),
    (ParseError, "A[i,j]", "A", """\
brackets directly behind a symbol may be an entry or a product
  A[i,j]
  ^^^^^^
For the product write round brackets, or a space before these; an entry is A_{ij}."""),
    (AmbiguityError, "1ᵀx", "x", """\
a number has no transpose
  1ᵀx
  ^^
Write 𝟏ᵀ for the row of ones."""),
    (AmbiguityError, "xᵀ 1", "x", """\
a factor 1 stands behind another: the number, or the vector of ones
  xᵀ 1
     ^
Write 𝟏 for the vector."""),
    (ParseError, "x ⊙ 𝟙_{x>0}", "x", """\
a condition stands below the 𝟙
  x ⊙ 𝟙_{x>0}
      ^^^^^^^
Write 𝟙[x>0]."""),
    (ParseError, "∑_{i=5}^{2} xᵢ", "x", """\
the sum runs from 5 to 2, and nothing is summed
  ∑_{i=5}^{2} xᵢ
  ^^^^^^^^^^^
An empty sum is 0."""),
    (AmbiguityError, r"\sin^{-1}(x)", "x", r"""sin^{-1} is the inverse for one reader and a reciprocal for another
  \sin^{-1}(x)
  ^^^^^^^^
Write \arcsin, \arctan …, or \frac{1}{\sin(x)}."""),
    (NotYetError, r"\frac{d}{dx} x^2", "x", r"""a derivative is not part of the notation
  \frac{d}{dx} x^2
  ^^^^^^^^^^^
Write the function, and say by what to derive."""),
    (ParseError, "X^{(2)} x", "Xx", """\
a number in brackets above a letter may be a power or count layers and examples
  X^{(2)} x
   ^^^^^^
Write _2 for the index, or ^2 for the power."""),
    (ParseError, "x > z", "xz", """\
> is read only in 𝟙[u > 0]
  x > z
    ^"""),
    (ParseError, "x, z", "xz", """\
one expression is read, and a comma begins another
  x, z
   ^"""),
    (ParseError, "∑ xᵢ", "x", """\
this sum has no index
  ∑ xᵢ
  ^
Write ∑ᵢ, sum_i or \\sum_{i}; the sum of all entries is sum(x)."""),
    (NotYetError, "A_ij", "A", """\
A_ij is not declared, and no sum is over its index
  A_ij
  ^^^^
Declare A_ij if it is a name of its own; entries are read below sums such as ∑ᵢ, and with notation="einstein", \
where a repeated index is summed."""),
    (NotYetError, "(x)ᵢ", "x", """\
an entry stands here, and no sum is over an index
  (x)ᵢ
     ^
Entries are read in texts with sums such as ∑ᵢ, and at indices that are declared: i index."""),
    (NotYetError, "A_{k,:} x", "Ax", """\
k is no index here
  A_{k,:} x
   ^^^^^^
Declare it, where k: index, or sum over it."""),
    (ParseError, "∑ᵢ ∑ᵢ xᵢ", "x", """\
the index i is bound twice
  ∑ᵢ ∑ᵢ xᵢ
     ^
Use another letter for the inner sum."""),
    (ShapeError, "∑ᵢ x", "x", """\
nothing says how far the index i runs
  ∑ᵢ x
  ^
It runs over the entries that it stands on, or to a limit: ∑_{i=1}^n."""),
    (ParseError, "i ∑ᵢ xᵢ", "x", """\
the index i stands outside its sum
  i ∑ᵢ xᵢ
  ^
A sum covers the product that follows it; write brackets, or declare i."""),
    (ShapeError, "∑_{i=1}^m xᵢ", "x", """\
the sum runs to m, and what is summed has n entries
  ∑_{i=1}^m xᵢ
  ^^^^^^^^^^^^"""),
    (ShapeError, "∑_{i=0}^n xᵢ", "x", """\
the sum runs from 0 to n, and what is summed has n entries
  ∑_{i=0}^n xᵢ
  ^^^^^^^^^^^^"""),
    (AmbiguityError, "∑_{i≠j} xᵢ", "x", """\
j does not occur in this sum over pairs
  ∑_{i≠j} xᵢ
  ^
In a sum over pairs both indices stand on entries."""),
    (AmbiguityError, "∑_{j≠i} A_{ij} x_j", "Ax", """\
j≠i below a ∑ has two readings: both indices are summed, or j alone
  ∑_{j≠i} A_{ij} x_j
  ^
Write ∑_{i≠j} for both; for j alone take the term with j = i off the whole sum."""),
    (NotYetError, "∑ᵢ x_{i+1} zᵢ", "xz", """\
nothing says how far the index i runs, which is shifted here
  ∑ᵢ x_{i+1} zᵢ
     ^^^^^^^
Write both limits, counted from 1: ∑_{i=1}^{n−1}."""),
    (NotYetError, "∏ᵢ xᵢ", "x", """\
products over an index are not read
  ∏ᵢ xᵢ
  ^
The gradient of ∏ᵢ xᵢ has no closed form where two entries are 0. For positive entries it is exp(∑ᵢ log(xᵢ))."""),
    (NotYetError, "∑ⱼ Aᵢⱼ Xⱼₖ zₗ", "AXz", """\
∑ⱼ Aᵢⱼ Xⱼₖ zₗ has no matrix form: the indices i, k, l are there at once
  ∑ⱼ Aᵢⱼ Xⱼₖ zₗ
  ^^^^^^^^^^^^^
A matrix has two indices; sum over one of them first, or write the part apart."""),
    (ShapeError, "∑ᵢ xᵢᵀ z", "xz", """\
xᵢ is a scalar, and its transpose is taken
  ∑ᵢ xᵢᵀ z
     ^^"""),
    (ShapeError, "∑ᵢ cᵢ xᵢ", "cx", """\
c is a scalar and has no entries
  ∑ᵢ cᵢ xᵢ
     ^^"""),
    (AmbiguityError, "∑_c x_c + c", "xc", """\
c is a symbol, and an index here
  ∑_c x_c + c
  ^
Use another letter for the index."""),
    (AmbiguityError, "[A X + B]", "AXB", """\
between square brackets a space is a product or parts two entries
  [A X + B]
  ^^^^^^
Write , between entries, and round brackets around a product."""),
    (ParseError, "(x; z)", "xz", """\
; stands between statements, or between the rows of [a; b]
  (x; z)
    ^"""),
    (NotYetError, "∂f", "", """\
a derivative is not part of the notation
  ∂f
  ^
Write the function, and say by what to derive."""),
    (NotYetError, r"\foo{1}", "", r"""the LaTeX command \foo is not read
  \foo{1}
  ^^^^"""),
    (AmbiguityError, r"\sum_{i,j} A_ij x_j", "Ax", r"""_ij without braces is _{i} and then j
  \sum_{i,j} A_ij x_j
              ^^^
Write _{ij}."""),
    (AmbiguityError, r"\alpha^10", "α", r"""^10 without braces is ^{1} and then 0
  \alpha^10
        ^^^
Write ^{10}."""),
    (NotYetError, r"\log_2 \alpha", "α", r"""an index below log is not read
  \log_2 \alpha
  ^^^^^^
A logarithm to the base b is log(x)/log(b)."""),
    (ShapeError, r"\mathbf{A}\mathbf{y}", "Ay", r"""A is m×n here, but y is m×1: n and m differ
  \mathbf{A}\mathbf{y}
  ^^^^^^^^^ ^^^^^^^^^
Aᵀ would fit on the left."""),
    (NotYetError, r"\mathbb{E} x", "x", r"""\mathbb{E} is not read
  \mathbb{E} x
  ^^^^^^^^^
An expectation is not part of the notation: write the mean of a sample."""),
    (ParseError, r"\frac{1}", "", r"""something is missing after }
  \frac{1}
          ^"""),
    (NotYetError, "max(x, z)", "xz", """\
max of two expressions is read only where one of them is 0
  max(x, z)
  ^^^^^^^^^
max(x) is the largest entry."""),
    (DeclarationError, "x", "xq", """\
q is declared and does not occur in the text
It has the symbols x."""),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "names", "message"), MESSAGES, ids=[row[1] for row in MESSAGES])
def test_messages(kind, text, names, message):
    error = refusal(text, {name: WHERE.get(name, "n") for name in names})
    assert type(error) is kind, repr(error)
    assert str(error) == message


# declarations, the message
DECLARATIONS = [
    ({"x": "n n n"}, "n in the declaration of x is no fact"),
    ({"x": "n frobnicated"}, "frobnicated in the declaration of x is not a dimension"),
    ({"x": "n symetric"}, "symetric in the declaration of x is not a dimension"),
    ({"x": "n n symetric"}, "symetric in the declaration of x is no fact"),
    ({"x": "-3"}, "-3 in the declaration of x is not a dimension"),
    ({"x": "0"}, "0 in the declaration of x is not a dimension"),
    ({"x": "m n symmetric"}, "x is m×n and cannot be symmetric: only a square matrix can"),
    ({"x": "n n symmetric skew"}, "x cannot be skew and symmetric"),
    ({"x": "m n vector"}, "x is declared m×n and vector"),
    ({"x": None}, "the declaration of x is text, and not of type NoneType"),
    ({3: "n"}, "a declared name is text, and not of type int"),
    (["x"], "declarations are a mapping or text, and not of type list"),
    ("x ∈", "nothing is said of x in the declarations"),
    ("x", "nothing is said of x in the declarations"),
    ("x = A", "x = A is a definition, and only declarations are read"),
    ("x: n, x: m", "x is declared twice: as n×1 and as m×1"),
    ({"x": "n", r"\mathbf{x}": "m"}, "x is declared twice: as n×1 and as m×1"),
    ({"x y": "n"}, "'x y' is not a name"),
    ({"": "n"}, "'' is not a name"),
]


@pytest.mark.parametrize(("where", "message"), DECLARATIONS, ids=[str(row[0]) for row in DECLARATIONS])
def test_declarations(where, message):
    error = refusal("x", where)
    assert type(error) is DeclarationError
    assert error.message == message


def test_a_declaration_in_the_text_contradicts_one_beside_it():
    assert refusal("x where x: n", {"x": "m"}).message == "x is declared twice: as m×1 and as n×1"


def test_a_misspelt_fact_is_corrected():
    assert refusal("x", {"x": "n n symetric"}).advice == "Did you mean symmetric?"


@pytest.mark.parametrize("text", ["", "   \n\t", None, 3, b"x"])
def test_what_is_no_text(text):
    assert isinstance(refusal(text), ParseError)


# (text, what the message begins with)
LIMITS = [
    ("x" * 10_000_000, "the text has 10000000 characters"),
    ("(" * 50_000 + "x" + ")" * 40_000, "brackets are read 3000 deep at most"),
    ("‖" * 90_000, "brackets are read 3000 deep at most"),
    ("9" * 5_000 + " x", "a number with more than 400 digits is not read"),
    ("0." + "9" * 5_000, "a number with more than 400 digits is not read"),
    ("1e999999 x", "a number with more than 400 digits is not read"),
    ("x ⊗ " * 40 + "x", "more than 32 Kronecker factors are not read"),
]


@pytest.mark.parametrize(("text", "message"), LIMITS, ids=[row[1] for row in LIMITS])
def test_limits(text, message):
    error = refusal(text)
    assert isinstance(error, LimitError)
    assert error.message.startswith(message)
    assert error.spans and len(str(error)) < 1000


@pytest.mark.parametrize("text", ["Q dX", "t + I", "foo(X)"])
def test_a_formula_has_declared_letters_only(text):
    with pytest.raises(MatcalcError):
        read_formula(text, {"dX": ("n", "n"), "t": (1, 1)})


def test_a_formula_has_the_shape_that_is_asked_for():
    with pytest.raises(ShapeError, match="this is n×1, and n×n is wanted"):
        read_formula("x", {"x": ("n", 1)}, ("n", "n"))


def test_a_supplied_function_must_give_an_expression():
    with pytest.raises(MatcalcError, match="gives no expression"):
        parse("g(x)", {"x": "n"}, functions={"g": lambda x: 3})
    with pytest.raises(MatcalcError, match="cannot be called"):
        parse("g(x)", {"x": "n"}, functions={"g": 3})


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("xᵀA x where A ∈ ℝ^{n×n} symetric, x: n", "A ∈ ℝ^{n×n} symetric"),
        ("xᵀA x where A: n n, x: n, B: n n", "B"),
        ("xᵀA x where A: n n symmetric skew", "A: n n symmetric skew"),
        ("xᵀA x where A: n n, A: m m", "A: m m"),
        ("xᵀA x where A: n n; x", "x"),
        ("-tr(Y log(softmax(W X)))", "W X"),
    ],
)
def test_what_is_wrong_in_a_where_clause_is_marked(text, marked):
    with pytest.raises(MatcalcError) as refused:
        read(text)
    ((start, end),) = refused.value.spans
    assert refused.value.source[start:end] == marked
