"""BLAS's product of matrices for several threads of Python: SciPy's own function holds Python's lock while it computes.

What is called is the same function of the same library, so it gives the same bits.
"""

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cython_blas

Floats = NDArray[np.floating]

_NAME = ctypes.PYFUNCTYPE(ctypes.c_char_p, ctypes.py_object)(("PyCapsule_GetName", ctypes.pythonapi))
_POINTER = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)


def _function(name: str) -> Any:
    """Return one of the functions that SciPy hands out for Cython."""
    capsule = cython_blas.__pyx_capi__[name]
    return ctypes.CFUNCTYPE(None, *13 * [ctypes.c_void_p])(_POINTER(capsule, _NAME(capsule)))


_GEMM = {np.dtype(np.float32): _function("sgemm"), np.dtype(np.float64): _function("dgemm")}
_REAL = {np.dtype(np.float32): ctypes.c_float, np.dtype(np.float64): ctypes.c_double}


def add_product(C: Floats, A: Floats, B: Floats, alpha: float, beta: float = 1) -> None:
    """C ← β C + α Aᵀ B, in place: C (d, m), A (n, d), B (n, m).

    Raises ValueError unless the shapes fit and C is contiguous and of single or double precision, which A and B become.
    """
    A, B = np.ascontiguousarray(A, C.dtype), np.ascontiguousarray(B, C.dtype)
    (n, d), m = A.shape, B.shape[-1]
    if not (C.shape == (d, m) and B.shape == (n, m) and C.flags.c_contiguous and C.dtype in _GEMM):
        raise ValueError(f"C {C.shape} {C.dtype} cannot take the product of A {A.shape} and B {B.shape}.")
    real, rows, columns = _REAL[C.dtype], ctypes.c_int(d), ctypes.c_int(m)
    # BLAS stores by columns, NumPy by rows: it is told the transposes, Cᵀ ← β Cᵀ + α Bᵀ A.
    scalars = [ctypes.byref(number) for number in (columns, rows, ctypes.c_int(n), real(alpha), real(beta))]
    _GEMM[C.dtype](
        *(b"N", b"T", *scalars[:4]),
        *(B.ctypes.data, scalars[0], A.ctypes.data, scalars[1]),
        *(scalars[4], C.ctypes.data, scalars[0]),
    )
