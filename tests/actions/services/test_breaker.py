"""The circuit breaker, whatever happens to it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actions.services.breaker import Breaker

EVENTS = st.lists(st.tuples(st.sampled_from(["ok", "fail", "cancel"]), st.floats(0, 3)), max_size=60)


@given(EVENTS)
def test_it_refuses_only_after_enough_failures_in_a_row_and_never_for_longer_than_it_says(
    events: list[tuple[str, float]],
) -> None:
    breaker, now, in_a_row, last_failure = Breaker(failures=3, open_s=5.0), 0.0, 0, 0.0
    for ending, waited_s in events:
        now += waited_s
        allowed = breaker.allows(now)
        assert allowed == (in_a_row < 3 or now >= last_failure + 5.0)
        if not allowed:
            continue
        if ending == "ok":
            breaker.succeeded()
            in_a_row = 0
        elif ending == "fail":
            breaker.failed(now)
            in_a_row, last_failure = in_a_row + 1, now
        else:
            breaker.abandoned()


def test_one_probe_at_a_time() -> None:
    breaker = Breaker(failures=1, open_s=5.0)
    breaker.failed(0.0)
    assert [breaker.allows(4.9), breaker.allows(5.0), breaker.allows(5.0)] == [False, True, False]
    breaker.succeeded()
    assert breaker.allows(5.0) and breaker.allows(5.0)
