"""The noise has the distribution that the promise is made of.

The measure is the largest distance between the observed and the exact distribution function. By the inequality of
Dvoretzky, Kiefer and Wolfowitz with Massart's constant, right noise exceeds the tolerance with a chance below one in a
thousand million.
"""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from random import SystemRandom

import pytest

from alongside.anonymous import noise, rules

DRAWS = 6_000
FALSE_ALARM = 1e-9
CHANCE = SystemRandom()


def tolerance(draws: int) -> float:
    """Return the distance that right noise exceeds with a chance of FALSE_ALARM."""
    return math.sqrt(math.log(2 / FALSE_ALARM) / (2 * draws))


def laplace(epsilon: float) -> Callable[[int], float]:
    """Return the exact distribution function of discrete Laplace noise: P(k) is proportional to exp(-epsilon |k|)."""
    a = math.exp(-epsilon)
    return lambda k: 1 - a ** (k + 1) / (1 + a) if k >= 0 else a**-k / (1 + a)


def distance(sample: Sequence[int], exact: Callable[[int], float]) -> float:
    """Return the largest distance between a sample's distribution function and the exact one."""
    ordered = sorted(sample)
    at, worst = 0, 0.0
    for k in range(ordered[0] - 1, ordered[-1] + 1):
        while at < len(ordered) and ordered[at] <= k:
            at += 1
        worst = max(worst, abs(at / len(ordered) - exact(k)))
    return worst


@pytest.mark.req("J-18")
@pytest.mark.parametrize("share", [rules.PAIR_SHARE, rules.QUESTION_SHARE])
def test_noise_is_discrete_laplace_of_its_share(share: Fraction) -> None:
    assert distance(noise.draw([share] * DRAWS), laplace(float(share))) < tolerance(DRAWS)


@pytest.mark.parametrize("share", [rules.PAIR_SHARE, rules.QUESTION_SHARE])
def test_wrong_noise_would_be_noticed(share: Fraction) -> None:
    exact = laplace(float(share))
    half = noise.draw([2 * share] * DRAWS)
    none = [0] * DRAWS
    lopsided = [abs(value) for value in noise.draw([share] * DRAWS)]
    uniform = [CHANCE.randint(-2, 2) for _ in range(DRAWS)]
    for wrong in (half, none, lopsided, uniform):
        assert distance(wrong, exact) > tolerance(DRAWS)


@pytest.mark.req("J-18")
def test_the_librarys_own_account_of_the_loss_stays_within_the_promise() -> None:
    # What the library reports is rounded up in the last place of a float.
    tiny = Fraction(1, 10**9)
    assert noise.loss(rules.PAIR_SHARE) <= rules.PAIR_SHARE + tiny
    assert noise.loss(rules.QUESTION_SHARE) <= rules.QUESTION_SHARE + tiny
    total = noise.loss(rules.PAIR_SHARE) + len(rules.QUESTIONS) * noise.loss(rules.QUESTION_SHARE)
    assert total <= rules.TOTAL + 5 * tiny


def test_two_draws_differ() -> None:
    assert noise.draw([rules.QUESTION_SHARE] * 50) != noise.draw([rules.QUESTION_SHARE] * 50)
