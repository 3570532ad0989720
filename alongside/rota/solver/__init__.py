"""Plans of a rota, found by OR-Tools CP-SAT. Loaded only by the process that plans; the pager never waits for it."""

from alongside.rota.solver.explaining import Explanation, Fact, explain
from alongside.rota.solver.searching import Outcome, Progress, solve

__all__ = ["Explanation", "Fact", "Outcome", "Progress", "explain", "solve"]
