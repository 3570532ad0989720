"""Random noise: the discrete Laplace mechanism of OpenDP."""

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any


def draw(shares: Sequence[Fraction]) -> list[int]:
    """Return one fresh whole number of discrete Laplace noise for each epsilon, from the machine's own randomness."""
    return [int(_mechanism(share)(0)) for share in shares]


def loss(share: Fraction) -> Fraction:
    """Return the epsilon that OpenDP itself computes for a cell that one contact moves by one."""
    return Fraction(str(_mechanism(share).map(1)))


@cache
def _mechanism(share: Fraction) -> Any:
    """Build the mechanism and refuse it (RuntimeError) if its own account of the loss exceeds the share."""
    # Loading the library takes a while; most commands never draw.
    import opendp.prelude as dp

    dp.enable_features("contrib")
    mechanism = dp.m.make_laplace(dp.atom_domain(T="i32"), dp.absolute_distance(T="i32"), scale=float(1 / share))
    if not mechanism.check(1, float(share) * (1 + 1e-12)):
        raise RuntimeError("anonymous.noise: the mechanism loses more than its share")
    return mechanism
