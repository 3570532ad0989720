"""How hard properties are tried: a little at every run, much with HYPOTHESIS_PROFILE=soak."""

import os

from hypothesis import HealthCheck, Phase, settings

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"


def effort(examples: int, *, soak: int, steps: int = 25) -> settings:
    """Return the settings for `examples` tries, `soak` when there is time; `steps` of a state machine each."""
    return settings(
        max_examples=soak if SOAK else examples,
        stateful_step_count=steps * 2 if SOAK else steps,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck) if SOAK else [HealthCheck.too_slow],
    )
