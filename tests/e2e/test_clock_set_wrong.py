"""The machine's clock lies for some seconds and is right again; `make soak` does it in more ways."""

import pytest

from tools.soak import clocks
from tools.soak.machine import lying_clock
from tools.soak.results import Budget

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(not lying_clock(), reason="needs faketime, which make test installs")]


@pytest.mark.req("A-03", "K-22")
def test_a_clock_in_1970_or_days_ahead_for_some_seconds_ends_no_request_and_deletes_no_reply() -> None:
    found = clocks.set_wrong(Budget(240, 2 / 13))
    assert found.holds, found
    assert found.counts["lies"] == 2
