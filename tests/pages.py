"""Derivations as they are printed: the function, the variable, options; and the page, rules after three spaces."""

# ruff: noqa: E501

PAGES = [
    (
        ("‖y − A x‖²", "x", {}),
        """
e = y − A x   name the residual
f = ‖e‖² = e : e
df = 2 e : de   product rule
de = −A dx   the differential is linear
df = −2 e : (A dx) = −2 (Aᵀ e) : dx   Frobenius product: move A across
∂f/∂x = −2 Aᵀ(y − A x) = 2 Aᵀ(A x − y)   what stands before dx
""",
    ),
    (
        ("xᵀA x", "x", {}),
        """
f = xᵀA x
df = dxᵀA x + xᵀA dx = ((A + Aᵀ) x) : dx   product rule; Frobenius product
∂f/∂x = (A + Aᵀ) x   what stands before dx
""",
    ),
    (
        ("tr(A X⁻¹ B)", "X", {}),
        """
f = tr(A X⁻¹ B)
df = −tr(A X⁻¹ dX X⁻¹ B) = −(X⁻ᵀ Aᵀ Bᵀ X⁻ᵀ) : dX   differential of the inverse; Frobenius product
∂f/∂X = −X⁻ᵀ Aᵀ Bᵀ X⁻ᵀ   what stands before dX
""",
    ),
    (
        ("logdet(A X B)", "X", {}),
        """
Z = A X B   name the argument
f = logdet(Z)
df = tr(Z⁻¹ dZ) = Z⁻ᵀ : dZ   differential of log det; Frobenius product
dZ = A dX B   the differential is linear
df = Z⁻ᵀ : (A dX B) = (Aᵀ Z⁻ᵀ Bᵀ) : dX   Frobenius product: move A and B across
∂f/∂X = Aᵀ(A X B)⁻ᵀ Bᵀ   what stands before dX
""",
    ),
    (
        ("det(XᵀX)", "X", {}),
        """
Z = XᵀX   name the argument
f = det(Z)
df = det(Z) tr(Z⁻¹ dZ) = det(Z) Z⁻¹ : dZ   Jacobi's formula; Frobenius product
dZ = dXᵀ X + Xᵀ dX   product rule
df = det(Z) Z⁻¹ : (dXᵀ X + Xᵀ dX) = 2 det(Z) (X Z⁻¹) : dX   Frobenius product: move X and Xᵀ across
∂f/∂X = 2 det(XᵀX) X(XᵀX)⁻¹   what stands before dX
""",
    ),
    (
        ("log(sum(exp(A x + b)))", "x", {}),
        """
z = A x + b   name the argument
f = logsumexp(z)   a function that was typed out gets its name
df = softmax(z) : dz   differential of logsumexp
dz = A dx   the differential is linear
df = softmax(z) : (A dx) = (Aᵀ softmax(z)) : dx   Frobenius product: move A across
∂f/∂x = Aᵀ softmax(A x + b)   what stands before dx
""",
    ),
    (
        ("exp(−½ (x − μ)ᵀ S⁻¹ (x − μ))", "x", {"where": {"S": "n n symmetric invertible", "x": "n", "μ": "n"}}),
        """
e = x − μ   name what occurs twice
q = −½ eᵀS⁻¹ e   name the argument
f = exp(q)
df = exp(q) dq   differential of exp
dq = −deᵀS⁻¹ e = −(S⁻¹ e) : de   product rule
df = −exp(q) (S⁻¹ e) : de   put in dq
df = −exp(q) (S⁻¹ e) : dx   de = dx
∂f/∂x = −exp(−½ (x − μ)ᵀ S⁻¹(x − μ)) S⁻¹(x − μ) = exp(−½ (x − μ)ᵀ S⁻¹(x − μ)) S⁻¹(μ − x)   what stands before dx
""",
    ),
    (
        ("(xᵀA x)/(xᵀx)", "x", {}),
        """
p = xᵀA x   name the scalar
q = xᵀx   name the scalar
f = p/q
df = dp/q − p dq / q²   power rule, product rule
dp = dxᵀA x + xᵀA dx = ((A + Aᵀ) x) : dx   product rule
dq = 2 x : dx   product rule
df = ((q (A + Aᵀ) x − 2 p x) / q²) : dx   put in dp, dq
∂f/∂x = ((xᵀx)(A + Aᵀ) x − 2 (xᵀA x) x) / (xᵀx)²   what stands before dx
""",
    ),
    (
        ("‖A B Aᵀ − C‖²", "A", {}),
        """
E = A B Aᵀ − C   name the residual
f = ‖E‖² = E : E
df = 2 E : dE   product rule
dE = dA B Aᵀ + A B dAᵀ   product rule
df = 2 E : (dA B Aᵀ + A B dAᵀ) = 2 (E A Bᵀ + Eᵀ A B) : dA   Frobenius product: move B Aᵀ and A B across
∂f/∂A = 2 ((A B Aᵀ − C) A Bᵀ + (A B Aᵀ − C)ᵀ A B)   what stands before dA
""",
    ),
    (
        ("½ ‖y − tanh(W x + b)‖²", "W", {}),
        """
z = W x + b   name the argument
a = tanh(z)   name the value
e = y − a   name the residual
f = ½ ‖e‖² = ½ e : e
df = e : de   product rule
df = −e : da   de = −da
da = dz ⊙ (𝟏 − a²)   differential of tanh
df = −e : (dz ⊙ (𝟏 − a²)) = −(e ⊙ (𝟏 − a²)) : dz   Frobenius product: move (𝟏 − a²) ⊙ across
dz = dW x   the differential is linear
df = −(e ⊙ (𝟏 − a²)) : (dW x) = −((e ⊙ (𝟏 − a²)) xᵀ) : dW   Frobenius product: move x across
∂f/∂W = −((y − tanh(W x + b)) ⊙ (𝟏 − tanh(W x + b)²)) xᵀ = ((tanh(W x + b) − y) ⊙ (𝟏 − tanh(W x + b)²)) xᵀ   what stands before dW
""",
    ),
    (
        ("‖y − tanh(B tanh(A x + b) + c)‖²", "A", {}),
        """
z₁ = A x + b   name the argument
a₁ = tanh(z₁)   name the value
z₂ = B a₁ + c   name the argument
a₂ = tanh(z₂)   name the value
e = y − a₂   name the residual
f = ‖e‖² = e : e
df = 2 e : de   product rule
df = −2 e : da₂   de = −da₂
da₂ = dz₂ ⊙ (𝟏 − a₂²)   differential of tanh
df = −2 e : (dz₂ ⊙ (𝟏 − a₂²)) = −2 (e ⊙ (𝟏 − a₂²)) : dz₂   Frobenius product: move (𝟏 − a₂²) ⊙ across
δ₂ = −2 (e ⊙ (𝟏 − a₂²))   what stands before dz₂
dz₂ = B da₁   the differential is linear
df = δ₂ : (B da₁) = (Bᵀ δ₂) : da₁   Frobenius product: move B across
da₁ = dz₁ ⊙ (𝟏 − a₁²)   differential of tanh
df = (Bᵀ δ₂) : (dz₁ ⊙ (𝟏 − a₁²)) = ((Bᵀ δ₂) ⊙ (𝟏 − a₁²)) : dz₁   Frobenius product: move (𝟏 − a₁²) ⊙ across
δ₁ = (Bᵀ δ₂) ⊙ (𝟏 − a₁²)   what stands before dz₁
dz₁ = dA x   the differential is linear
df = δ₁ : (dA x) = (δ₁ xᵀ) : dA   Frobenius product: move x across
∂f/∂A = δ₁ xᵀ = 2 ((Bᵀ((tanh(B tanh(A x + b) + c) − y) ⊙ (𝟏 − tanh(B tanh(A x + b) + c)²))) ⊙ (𝟏 − tanh(A x + b)²)) xᵀ   what stands before dA
""",
    ),
    (
        ("tanh(W x + b)", "x", {}),
        """
z = W x + b   name the argument
f = tanh(z)
df = dz ⊙ (𝟏 − tanh(z)²)   differential of tanh
dz = W dx   the differential is linear
df = (W dx) ⊙ (𝟏 − tanh(z)²)   put in dz
df = diag(𝟏 − tanh(z)²) W dx   a matrix times dx
∂f/∂x = diag(𝟏 − tanh(W x + b)²) W   what stands before dx
""",
    ),
    (
        ("softmax(x)", "x", {}),
        """
f = softmax(x)
df = dx ⊙ softmax(x) − (softmax(x)ᵀ dx) softmax(x)   differential of softmax
df = (diag(softmax(x)) − softmax(x) softmax(x)ᵀ) dx   a matrix times dx
∂f/∂x = diag(softmax(x)) − softmax(x) softmax(x)ᵀ   what stands before dx
""",
    ),
    (
        ("(A + t B)⁻¹", "t", {"where": {"A": "n n", "B": "n n", "t": "scalar"}}),
        """
Z = A + t B   name the argument
f = Z⁻¹
df = −Z⁻¹ dZ Z⁻¹   differential of the inverse
dZ = dt B   the differential is linear
df = −dt Z⁻¹ B Z⁻¹   put in dZ
∂f/∂t = −(A + t B)⁻¹ B(A + t B)⁻¹   what stands before dt
""",
    ),
    (
        ("‖X β − y‖² + λ ‖β‖²", "β", {"order": 2}),
        """
e = X β − y   name the residual
f = ‖e‖² + λ ‖β‖²
df = 2 e : de + 2 λ β : dβ   product rule
de = X dβ   the differential is linear
df = 2 e : (X dβ) + 2 λ β : dβ = 2 (λ β + Xᵀ e) : dβ   Frobenius product: move X across
∂f/∂β = 2 (λ β + Xᵀ(X β − y)) = 2 Xᵀ(X β − y) + 2 λ β   what stands before dβ
g = 2 Xᵀ(X β − y) + 2 λ β   the gradient, to be differentiated in its turn
dg = 2 XᵀX dβ + 2 λ dβ   the differential is linear
dg = (2 XᵀX + 2 λ I) dβ   a matrix times dβ
∂²f/∂β² = 2 XᵀX + 2 λ I   what stands before dβ
""",
    ),
    (
        ("X²", "X", {}),
        """
f = X² = X X   powers written as products
df = dX X + X dX   product rule
""",
    ),
    (
        ("sin(x) exp(x)", "x", {}),
        """
f = sin(x) exp(x)
df = exp(x) (cos(x) + sin(x)) dx   differential of sin, differential of exp, product rule
∂f/∂x = exp(x) (cos(x) + sin(x))   what stands before dx
""",
    ),
]
