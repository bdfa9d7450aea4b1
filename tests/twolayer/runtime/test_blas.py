import numpy as np
import pytest
from scipy.linalg import get_blas_funcs

from twolayer.runtime.blas import add_product
from twolayer.runtime.threads import one_thread


def problem(dtype, n=20, d=30, m=7):
    rng = np.random.default_rng(0)
    return tuple(rng.standard_normal(shape).astype(dtype) for shape in [(d, m), (n, d), (n, m)])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("alpha", "beta"), [(-1, 1), (0.5, -0.25), (2, 0)])
def test_it_is_the_product_added(dtype, alpha, beta):
    C, A, B = problem(dtype)
    expected = beta * C + alpha * A.T @ B
    add_product(C, A, B, alpha, beta)
    np.testing.assert_allclose(C, expected, rtol=1e-4, atol=1e-4 if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_has_the_bits_of_scipys_own_function(dtype):
    C, A, B = problem(dtype, 100, 3072, 50)
    expected = C.copy()
    with one_thread():
        add_product(C, A, B, -1)
        gemm = get_blas_funcs("gemm", dtype=dtype)
        gemm(-1, B.T, A.T, beta=1, c=expected.T, trans_b=True, overwrite_c=True)
    np.testing.assert_array_equal(C, expected)


def test_matrices_of_another_precision_or_order_are_converted():
    C, A, B = problem(np.float32)
    expected = C + A.T @ B
    add_product(C, np.asfortranarray(A, np.float64), np.repeat(B, 2, axis=1)[:, ::2], 1)
    np.testing.assert_allclose(C, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "change",
    [
        lambda C, A, B: (C, A[:-1], B),
        lambda C, A, B: (C[:, :-1].copy(), A, B),
        lambda C, A, B: (C[:-1], A, B),
        lambda C, A, B: (np.asfortranarray(C), A, B),
        lambda C, A, B: (C.astype(int), A, B),
    ],
)
def test_what_does_not_fit_is_refused(change):
    with pytest.raises(ValueError, match=r"^C \(.*\) .* cannot take the product of A \(.*\) and B \(.*\)\.$"):
        add_product(*change(*problem(np.float32)), 1)
