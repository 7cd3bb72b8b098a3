"""An exception that carries an app and ends soon."""

import dataclasses

from evidence_factory import DAY, NOW, TIKTOK, app, make_exception, make_inventory, make_policy
from judging import findings, judge

CONTROL = "exception-expires-soon"


def soon(left: int, **policy: dict[str, int]) -> list[str]:
    verdict = judge(
        make_inventory(apps=[app(TIKTOK)]),
        device_class="social-dedicated",
        exceptions=(make_exception(until=NOW.date() + left * DAY),),
        policy=make_policy(**policy),  # type: ignore[arg-type]
    )
    assert verdict.status == "excepted"
    return [item.severity for item in findings(verdict, CONTROL)]


def test_it_is_said_in_the_last_days_that_the_pack_sets() -> None:
    assert soon(15) == []
    assert soon(14) == soon(0) == ["warning"]
    assert soon(15, days={CONTROL: 20}) == ["warning"]


def test_a_policy_that_forgot_the_days_warns_two_weeks_ahead() -> None:
    forgetful = dataclasses.replace(make_policy(), days={})
    for left, expected in ((14, 1), (15, 0)):
        verdict = judge(
            make_inventory(apps=[app(TIKTOK)]),
            device_class="social-dedicated",
            exceptions=(make_exception(until=NOW.date() + left * DAY),),
            policy=forgetful,
        )
        assert len(findings(verdict, CONTROL)) == expected
