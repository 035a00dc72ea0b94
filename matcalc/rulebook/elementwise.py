"""Functions that act entry by entry. Each row gives f′ in the entry t and the value y.

Every higher order follows from the first. relu′ is 0 at 0, and so is sign.
A second operand, where there is one, is a scalar parameter.
"""

from __future__ import annotations

from matcalc.rulebook.table import row

__all__: list[str] = []

_DLMF = "NIST Digital Library of Mathematical Functions"


def _elementwise(
    name: str, derivative: str | tuple[str, ...], numpy: str, *, parameters: str = "", **rest: object
) -> None:
    row(
        name,
        f"X: m n{parameters} -> m n",
        elementwise=True,
        transpose="commutes",
        derivative=(derivative,) if isinstance(derivative, str) else derivative,
        numpy=numpy,
        **rest,
    )


# name, f′, NumPy
_elementwise(
    "exp",
    "y",
    "np.exp({0})",
    latex=r"\exp\left({0}\right)",
    sums="products",
    facts=("positive",),
    inverse="log(y)",
    source=f"{_DLMF} §4.2",
)
_elementwise(
    "log",
    "1/t",
    "np.log({0})",
    aliases=("ln",),
    latex=r"\log\left({0}\right)",
    domain=("{0} > 0",),
    sample=("positive",),
    inverse="exp(y)",
    source=f"{_DLMF} §4.7",
)
_elementwise(
    "log1p", "1/(1 + t)", "np.log1p({0})", domain=("1 + {0} > 0",), sample=("positive",), source=f"{_DLMF} §4.7"
)
_elementwise("expm1", "exp(t)", "np.expm1({0})", source=f"{_DLMF} §4.2")
_elementwise(
    "abs",
    "sign(t)",
    "np.abs({0})",
    latex=r"\left|{0}\right|",
    text="|{0}|",
    domain=("no entry of {0} is 0",),
    facts=("nonnegative",),
    curvature="convex",
    parity="even",
    degree=1,
    squares=True,
    source="subgradient convention: 0 at 0",
)
_elementwise(
    "sign", "0", "np.sign({0})", domain=("no entry of {0} is 0",), parity="odd", degree=0, source="constant off 0"
)
_elementwise("sin", "cos(t)", "np.sin({0})", latex=r"\sin\left({0}\right)", parity="odd", source=f"{_DLMF} §4.20")
_elementwise("cos", "-sin(t)", "np.cos({0})", latex=r"\cos\left({0}\right)", parity="even", source=f"{_DLMF} §4.20")
_elementwise(
    "tan",
    "1 + y²",
    "np.tan({0})",
    latex=r"\tan\left({0}\right)",
    domain=("cos({0}) ≠ 0",),
    parity="odd",
    source=f"{_DLMF} §4.20",
)
_elementwise(
    "cot",
    "-(1 + y²)",
    "(1 / np.tan({0}))",
    latex=r"\cot\left({0}\right)",
    sample=("positive",),
    domain=("sin({0}) ≠ 0",),
    parity="odd",
    source=f"{_DLMF} §4.20",
)
_elementwise(
    "sec",
    "y tan(t)",
    "(1 / np.cos({0}))",
    latex=r"\sec\left({0}\right)",
    domain=("cos({0}) ≠ 0",),
    parity="even",
    source=f"{_DLMF} §4.20",
)
_elementwise(
    "csc",
    "-y cot(t)",
    "(1 / np.sin({0}))",
    latex=r"\csc\left({0}\right)",
    sample=("positive",),
    domain=("sin({0}) ≠ 0",),
    parity="odd",
    source=f"{_DLMF} §4.20",
)
_elementwise(
    "arcsin",
    "1/sqrt(1 - t²)",
    "np.arcsin({0})",
    aliases=("asin",),
    latex=r"\arcsin\left({0}\right)",
    domain=("|{0}| < 1",),
    sample=("unit",),
    parity="odd",
    source=f"{_DLMF} §4.24",
)
_elementwise(
    "arccos",
    "-1/sqrt(1 - t²)",
    "np.arccos({0})",
    aliases=("acos",),
    latex=r"\arccos\left({0}\right)",
    domain=("|{0}| < 1",),
    sample=("unit",),
    source=f"{_DLMF} §4.24",
)
_elementwise(
    "arctan",
    "1/(1 + t²)",
    "np.arctan({0})",
    aliases=("atan",),
    latex=r"\arctan\left({0}\right)",
    parity="odd",
    source=f"{_DLMF} §4.24",
)
_elementwise("sinh", "cosh(t)", "np.sinh({0})", latex=r"\sinh\left({0}\right)", parity="odd", source=f"{_DLMF} §4.34")
_elementwise(
    "cosh",
    "sinh(t)",
    "np.cosh({0})",
    latex=r"\cosh\left({0}\right)",
    facts=("positive",),
    parity="even",
    source=f"{_DLMF} §4.34",
)
_elementwise(
    "tanh",
    "1 - y²",
    "np.tanh({0})",
    latex=r"\tanh\left({0}\right)",
    facts=("below one",),
    inverse="½ log((1 + y)/(1 − y))",
    parity="odd",
    source=f"{_DLMF} §4.34",
)
_elementwise("arcsinh", "1/sqrt(1 + t²)", "np.arcsinh({0})", aliases=("asinh",), parity="odd", source=f"{_DLMF} §4.38")
_elementwise(
    "arccosh",
    "1/sqrt(t² - 1)",
    "np.arccosh({0})",
    aliases=("acosh",),
    domain=("{0} > 1",),
    sample=("above one",),
    source=f"{_DLMF} §4.38",
)
_elementwise(
    "arctanh",
    "1/(1 - t²)",
    "np.arctanh({0})",
    aliases=("atanh",),
    domain=("|{0}| < 1",),
    sample=("unit",),
    parity="odd",
    source=f"{_DLMF} §4.38",
)
_elementwise(
    "sigmoid",
    "y (1 - y)",
    "expit({0})",
    aliases=("expit", "logistic"),
    latex=r"\sigma\left({0}\right)",
    facts=("positive", "below one"),
    inverse="log(y) − log(1 − y)",
    source="Bishop, PRML, eq. 4.88",
)
_elementwise(
    "softplus",
    "sigmoid(t)",
    "np.logaddexp(0, {0})",
    facts=("positive",),
    inverse="log(exp(y) − 1)",
    source="Bishop, PRML, §4.3.2",
)
_elementwise(
    "relu",
    "step(t)",
    "np.maximum({0}, 0)",
    facts=("nonnegative",),
    curvature="convex",
    degree=1,
    source="subgradient convention: 0 at 0",
    domain=("no entry of {0} is 0",),
)
_elementwise(
    "step",
    "0",
    "({0} > 0).astype(float)",
    text="𝟙[{0} > 0]",
    latex=r"\mathbb{1}\left[{0} > 0\right]",
    domain=("no entry of {0} is 0",),
    facts=("nonnegative",),
    degree=0,
    source="constant off 0",
)
_elementwise("erf", "2/sqrt(π) exp(-t²)", "erf({0})", parity="odd", source=f"{_DLMF} §7.2")
_elementwise(
    "gelu",
    "½ (1 + erf(t/sqrt(2))) + t exp(-½ t²)/sqrt(2 π)",
    "({0} * ndtr({0}))",
    source="Hendrycks & Gimpel 2016, eq. 2",
)
_elementwise(
    "silu",
    "sigmoid(t) (1 + t (1 - sigmoid(t)))",
    "({0} * expit({0}))",
    aliases=("swish",),
    source="Hendrycks & Gimpel 2016, §2",
)
_elementwise(
    "huber",
    ("clip(t, δ)", "relu(|t| - δ)"),
    "huber({1}, {0})",
    parameters=", δ: 1 1",
    sample=("normal", "positive"),
    source="Huber 1964, §4",
)
_elementwise(
    "clip",
    ("step(δ - |t|)", "sign(t) step(|t| - δ)"),
    "np.clip({0}, -{1}, {1})",
    parameters=", δ: 1 1",
    sample=("normal", "positive"),
    domain=("no entry of |{0}| is {1}",),
    source="derivative of Huber's function",
)
