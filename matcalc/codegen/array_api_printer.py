"""The portable printer: functions of the array API standard only, out of place.

The namespace comes from the first array, or is given: xp=array_api_compat.torch, say.
"""

from __future__ import annotations

from matcalc.codegen.portable import Dialect

__all__ = ["ARRAY_API"]

ARRAY_API = Dialect(
    name="xp",
    module="xp",
    imports=(),
    like="dtype={x}.dtype, device={x}.device",
    keywords=", xp=None",
    first=("xp = {x}.__array_namespace__() if xp is None else xp",),
    operations={
        "diagonal": "xp.linalg.diagonal({0})",
        "factor_diagonal": "xp.linalg.diagonal({0})",
        "trace": "xp.linalg.trace({0})",
        "cho_solve": "xp.linalg.solve({0}.T, xp.linalg.solve({0}, {1}))",
        "cho_inverse": "xp.linalg.solve({0}.T, xp.linalg.inv({0}))",
        "lu": "{0}",  # the standard has no factorisation to keep
        "lu_logdet": "xp.linalg.slogdet({0})[1]",
        "lu_solve": "xp.linalg.solve({0}, {1})",
        "lu_solve:True": "xp.linalg.solve({0}.T, {1})",
    },
)
