"""The JAX printer: code for jax.jit."""

from __future__ import annotations

from matcalc.codegen.portable import Dialect

__all__ = ["JAX"]

JAX = Dialect(
    name="jax",
    module="jnp",
    einsum="xp.einsum({spec}, {operands})",
    renamed={"concat": "concatenate"},
    imports=("import jax", "import jax.numpy as jnp"),
    operations={
        "vdot": "xp.vdot({0}, {1})",
        "diag": "xp.diag({0})",
        "rowdot": "xp.einsum('ij,ij->i', {0}, {1})",
        "cho_solve": "jax.scipy.linalg.cho_solve(({0}, True), {1})",
        "cho_inverse": "jax.scipy.linalg.cho_solve(({0}, True), xp.eye({0}.shape[0], {like}))",
        "lu": "jax.scipy.linalg.lu_factor({0})",
        "lu_logdet": "xp.sum(xp.log(xp.abs(xp.diagonal({0}[0]))))",
        "lu_solve": "jax.scipy.linalg.lu_solve({0}, {1})",
        "lu_solve:True": "jax.scipy.linalg.lu_solve({0}, {1}, trans=1)",
        "solve_triangular:('lower', False)": "jax.scipy.linalg.solve_triangular({0}, {1}, lower=True)",
        "solve_triangular:('lower', True)": "jax.scipy.linalg.solve_triangular({0}, {1}, lower=True, trans=1)",
        "solve_triangular:('upper', False)": "jax.scipy.linalg.solve_triangular({0}, {1})",
        "solve_triangular:('upper', True)": "jax.scipy.linalg.solve_triangular({0}, {1}, trans=1)",
        "unit": "jax.nn.one_hot({0} - 1, {1}, {like})",
        "copy": "{0}",  # arrays do not change
    },
    functions={
        "sigmoid": "jax.nn.sigmoid({0})",
        "softplus": "jax.nn.softplus({0})",
        "silu": "jax.nn.silu({0})",
        "erf": "jax.scipy.special.erf({0})",
        "gelu": "{0} * jax.scipy.special.ndtr({0})",
        "trpow": "xp.trace(xp.linalg.matrix_power({0}, int({1})))",
        "expm": "jax.scipy.linalg.expm({0})",
        "trexpm": "xp.trace(jax.scipy.linalg.expm({0}))",
    },
)
