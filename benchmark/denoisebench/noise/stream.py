"""Random numbers that are the same on every machine and in every version of the suite.

The bits come from Philox (Salmon et al., SC 2011), a counter-based generator whose stream NumPy
guarantees. The code that turns bits into normal, Poisson, Gamma and Weibull variates is written
here. It uses IEEE additions, multiplications, divisions and square roots only, so that a noisy
image can be hashed. (The last digit of libm differs between machines.)

    normal   inverse distribution function, Wichura's algorithm AS 241 (PPND16), 1 uniform each
    Poisson  rate < 10: inversion by sequential search; else Hörmann's PTRS (1993)
    Gamma    shape ≥ 1: Marsaglia & Tsang (2000)
    Weibull  inverse distribution function, (−log u)^(1/shape), 1 uniform each
"""

import hashlib

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_BLOCK = 1 << 13  # elements worked on at once, so that temporaries stay in the cache
_BLOCK_OF_NORMALS = 1 << 14  # the same, where what is drawn does not depend on it
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10

# AS 241: numerator and denominator, highest power first, of the three ranges of the quantile.
_CENTRE = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
     13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608),
    (5226.495278852545925, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
     5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0),
)  # fmt: skip
_MIDDLE = (
    (7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177,
     1.27045825245236838258, 3.64784832476320460504, 5.7694972214606914055,
     4.6303378461565452959, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966,
     0.14810397642748007459, 0.68976733498510000455, 1.6763848301838038494,
     2.05319162663775882187, 1.0),
)  # fmt: skip
_TAIL = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386,
     0.026532189526576123093, 0.29656057182850489123, 1.7848265399172913358,
     5.4637849111641143699, 6.6579046435011037772),
    (2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5,
     7.868691311456132591e-4, 0.0148753612908506148525, 0.13692988092273580531,
     0.59983220655588793769, 1.0),
)  # fmt: skip


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    total = x * coefficients[0]
    total += coefficients[1]
    for coefficient in coefficients[2:]:
        total *= x
        total += coefficient
    return total


def _rational(ratio: tuple[tuple[float, ...], tuple[float, ...]], x: Array) -> Array:
    result = _polynomial(ratio[0], x)
    result /= _polynomial(ratio[1], x)
    return result


def log(x: Array) -> Array:
    """Natural logarithm of finite x > 0, to three units in the last place."""
    mantissa, exponent = np.frexp(x)
    small = mantissa < 0.70710678118654752440
    mantissa = np.where(small, mantissa * 2.0, mantissa)
    e = (exponent - small).astype(np.float64)
    s = (mantissa - 1.0) / (mantissa + 1.0)  # log m = 2 artanh s
    series = _polynomial(tuple(1.0 / n for n in range(21, 0, -2)), s * s)
    return e * _LN2_HIGH + (2.0 * s * series + e * _LN2_LOW)


def exp(x: Array) -> Array:
    """Exponential of x in [-700, 700], to two units in the last place."""
    n = np.rint(x * 1.44269504088896340736)
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    factorial, coefficients = 1.0, [1.0]
    for k in range(1, 15):
        factorial *= k
        coefficients.insert(0, 1.0 / factorial)
    return np.ldexp(_polynomial(tuple(coefficients), r), n.astype(np.int32))


def normal_quantile(u: Array) -> Array:
    """The standard normal quantile of u in (0, 1), to about 1e-16 relative (AS 241)."""
    q = u - 0.5
    r = q * q
    np.subtract(0.180625, r, out=r)
    value = _rational(_CENTRE, r)
    value *= q
    (outer,) = np.nonzero(np.abs(q, out=r) > 0.425)
    if outer.size:
        tail = u[outer]
        r = np.sqrt(-log(np.minimum(tail, 1.0 - tail)))
        z = _rational(_MIDDLE, r - 1.6)
        (far,) = np.nonzero(r > 5.0)
        z[far] = _rational(_TAIL, r[far] - 5.0)
        value[outer] = np.where(q[outer] < 0.0, -z, z)
    return value


def _log_factorial(k: Array) -> Array:
    """log k! for whole k ≥ 0: exact sums below 16, Stirling's series above."""
    logs = log(np.maximum(np.arange(16.0), 1.0))
    small = np.array([logs[: n + 1].sum() for n in range(16)])
    large = _log_gamma_by_series(np.maximum(k, 16.0) + 1.0)
    return np.where(k < 16.0, small[np.minimum(k, 15.0).astype(np.intp)], large)


def _log_gamma_by_series(x: Array) -> Array:
    """log Γ(x) for x ≥ 16, to 1e-14: Stirling's series."""
    x2 = x * x
    series = (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / (1680.0 * x2)) / x2) / x2) / x
    return (x - 0.5) * log(x) - x + 0.91893853320467274178 + series


def log_gamma(x: Array) -> Array:
    """log Γ(x) for x in (0, 1e6], to 1e-13 beside 1: Γ(x) = Γ(x + 16) / (x·(x + 1)···(x + 15))."""
    product = x.copy()
    for i in range(1, 16):
        product *= x + i
    return _log_gamma_by_series(x + 16.0) - log(product)


class Stream:
    """A stream of random numbers, decided by its key.  Draws are float64, `uniform32` is float32.

    >>> Stream("my key", "seed 0").uniform(3).round(4)
    array([0.0703, 0.6844, 0.885 ])
    >>> Stream("my key", "seed 0").normal(4).shape
    (4,)
    """

    def __init__(self, *key: str) -> None:
        digest = hashlib.sha256("\n".join(key).encode()).digest()
        self._bits = np.random.Philox(key=int.from_bytes(digest[:16], "little"))

    def uniform(self, n: int) -> Array:
        """n uniforms, inside (0, 1): neither 0 nor 1 occurs."""
        bits = self._bits.random_raw(n)
        bits >>= np.uint64(12)
        inside = bits.astype(np.float64)
        inside += 0.5
        inside *= 2.0**-52
        return inside

    def uniform32(self, n: int) -> npt.NDArray[np.float32]:
        """n uniforms in [0, 1) as float32 holds them: whole multiples of 2^-24."""
        return (self._bits.random_raw(n) >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)

    def normal(self, n: int) -> Array:
        """n standard normals."""
        out = np.empty(n)
        for start in range(0, n, _BLOCK_OF_NORMALS):
            stop = min(start + _BLOCK_OF_NORMALS, n)
            out[start:stop] = normal_quantile(self.uniform(stop - start))
        return out

    def poisson(self, rate: Array) -> Array:
        """One whole number per rate; rate: (n,), in [0, 1e9]."""
        out = np.zeros(rate.shape)
        for start in range(0, rate.size, _BLOCK):
            block = rate[start : start + _BLOCK]
            small, large = np.flatnonzero(block < 10.0), np.flatnonzero(block >= 10.0)
            if small.size:
                out[start + small] = self._poisson_by_search(block[small])
            if large.size:
                out[start + large] = self._poisson_by_rejection(block[large])
        return out

    def _poisson_by_search(self, rate: Array) -> Array:
        left = self.uniform(rate.size)
        probability = exp(-rate)
        count = np.zeros(rate.size)
        open_ = left > probability
        for k in range(1, 101):  # P(count > 100 | rate < 10) < 1e-60
            if not open_.any():
                break
            left = np.where(open_, left - probability, left)
            probability = probability * rate / k
            count += open_
            open_ &= left > probability
        return count

    def _poisson_by_rejection(self, rate: Array) -> Array:
        count = np.empty(rate.size)
        todo = np.arange(rate.size)
        while todo.size:
            lam = rate[todo]
            root = np.sqrt(lam)
            b = 0.931 + 2.53 * root
            a = -0.059 + 0.02483 * b
            alpha_inverse = 1.1239 + 1.1328 / (b - 3.4)
            v_r = 0.9277 - 3.6224 / (b - 2.0)
            u, v = self.uniform(todo.size) - 0.5, self.uniform(todo.size)
            us = 0.5 - np.abs(u)
            k = np.floor((2.0 * a / us + b) * u + lam + 0.43)
            fast = (us >= 0.07) & (v <= v_r)
            possible = (k >= 0.0) & ((us >= 0.013) | (v <= us))
            k_safe = np.maximum(k, 0.0)
            bound = k_safe * log(lam) - lam - _log_factorial(k_safe)
            accepted = log(v * alpha_inverse / (a / (us * us) + b)) <= bound
            done = fast | (possible & accepted)
            count[todo[done]] = k[done]
            todo = todo[~done]
        return count

    def gamma(self, shape: float, n: int) -> Array:
        """n Gamma variates of the given shape ≥ 1 and scale 1."""
        out = np.empty(n)
        for start in range(0, n, _BLOCK):
            stop = min(start + _BLOCK, n)
            out[start:stop] = self._gamma_by_rejection(shape, stop - start)
        return out

    def _gamma_by_rejection(self, shape: float, n: int) -> Array:
        d = shape - 1.0 / 3.0
        c = 1.0 / np.sqrt(9.0 * d)
        out = np.empty(n)
        todo = np.arange(n)
        while todo.size:
            x, u = normal_quantile(self.uniform(todo.size)), self.uniform(todo.size)
            t = 1.0 + c * x
            v = t * t * t
            v_safe = np.where(t > 0.0, v, 1.0)
            bound = 0.5 * x * x + d - d * v_safe + d * log(v_safe)
            done = (t > 0.0) & (log(u) < bound)
            out[todo[done]] = d * v[done]
            todo = todo[~done]
        return out

    def weibull(self, shape: float, n: int) -> Array:
        """n Weibull variates of the given shape ≥ 1 and scale 1."""
        out = np.empty(n)
        for start in range(0, n, _BLOCK_OF_NORMALS):
            stop = min(start + _BLOCK_OF_NORMALS, n)
            out[start:stop] = exp(log(-log(self.uniform(stop - start))) / shape)
        return out
