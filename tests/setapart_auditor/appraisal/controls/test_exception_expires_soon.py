"""An exception that carries an app and ends soon."""

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
