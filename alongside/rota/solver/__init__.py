"""Plans of a rota, found by OR-Tools CP-SAT. Loaded only by the process that plans; the pager never waits for it."""

from alongside.rota.solver.explaining import Explanation, Fact, explain
from alongside.rota.solver.searching import Outcome, Progress, solve
from alongside.rota.solver.telling import as_data

__all__ = ["Explanation", "Fact", "Outcome", "Progress", "as_data", "explain", "solve"]
