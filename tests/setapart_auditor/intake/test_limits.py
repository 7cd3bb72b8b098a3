"""Limits: no race gets around them, and they fill again."""

import threading

import pytest

from setapart_auditor.intake.limits import Limiter, TooManyError


def test_no_race_gets_more_than_the_limit() -> None:
    limiter, taken = Limiter("address", 50), []

    def work() -> None:
        for _ in range(40):
            try:
                limiter.take("one", 0.0)
            except TooManyError:
                continue
            taken.append(1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 50


def test_it_fills_again_and_says_when() -> None:
    limiter = Limiter("device", 1)
    limiter.take("one", 0.0)
    with pytest.raises(TooManyError) as refused:
        limiter.take("one", 1.0)
    assert refused.value.retry_after == 59
    limiter.take("two", 1.0)
    limiter.take("one", 60.0)
