"""The PyTorch printer: eager code, in the type and on the device of its arguments."""

from __future__ import annotations

from matcalc.codegen.portable import Dialect

__all__ = ["TORCH"]

TORCH = Dialect(
    name="torch",
    module="torch",
    embedding="torch.diag_embed({block}, dim1={first}, dim2={second})",
    einsum="torch.einsum({spec}, {operands})",
    imports=("import torch",),
    like="dtype={x}.dtype, device={x}.device",
    renamed={"permute_dims": "permute", "concat": "cat"},
    operations={
        "diag": "torch.diag({0})",
        "max:0": "torch.amax({0}, 0)",
        "max:1": "torch.amax({0}, 1)",
        "swapped": "{0}.swapaxes(0, 1)",
        "blocks4:0": "torch.diag_embed({0}[:, :, None].expand(-1, -1, {1}), dim1=0, dim2=2)",
        "blocks4:1": "torch.diag_embed({0}[:, :, None].expand(-1, -1, {2}), dim1=1, dim2=3)",
        "commuted": "{0}.reshape({1}, {2}, -1).swapaxes(0, 1).reshape({1} * {2}, -1)",
        "cho_solve": "torch.cholesky_solve({1}, {0})",
        "cho_solve/1": "torch.cholesky_solve({1}[:, None], {0})[:, 0]",
        "cho_inverse": "torch.cholesky_inverse({0})",
        "lu": "torch.linalg.lu_factor({0})",
        "lu_logdet": "torch.sum(torch.log(torch.abs(torch.diagonal({0}[0]))))",
        "lu_solve": "torch.linalg.lu_solve(*{0}, {1})",
        "lu_solve:False/1": "torch.linalg.lu_solve(*{0}, {1}[:, None])[:, 0]",
        "lu_solve:True/2": "torch.linalg.lu_solve(*{0}, {1}, adjoint=True)",
        "lu_solve:True/1": "torch.linalg.lu_solve(*{0}, {1}[:, None], adjoint=True)[:, 0]",
        "copy": "{0}.clone()",
        "unit": "torch.nn.functional.one_hot(torch.as_tensor({0} - 1), {1}).to({like})",
    },
    functions={
        "sigmoid": "torch.sigmoid({0})",
        "softplus": "torch.nn.functional.softplus({0}, threshold=40.0)",
        "silu": "torch.nn.functional.silu({0})",
        "relu": "torch.relu({0})",
        "step": "({0} > 0).to({0}.dtype)",
        "argmax": "({0} == torch.max({0})).to({0}.dtype)",
        "argmin": "({0} == torch.min({0})).to({0}.dtype)",
        "signmax": "torch.sign({0}) * (torch.abs({0}) == torch.max(torch.abs({0}))).to({0}.dtype)",
        "erf": "torch.erf({0})",
        "gelu": "torch.nn.functional.gelu({0})",
        "trpow": "torch.trace(torch.linalg.matrix_power({0}, int({1})))",
        "expm": "torch.linalg.matrix_exp({0})",
        "trexpm": "torch.trace(torch.linalg.matrix_exp({0}))",
    },
    kernels=("softplus", "sigmoid"),
)
