"""Threat 11: oversized, deep and odd input, from the file's bytes to the verdict: only our errors, and in good time."""

import copy
import json
import random
import subprocess
import sys
import time
from typing import Any

import pytest

from evidence_factory import (
    DEVICE_SIGNER,
    NOW,
    TIKTOK,
    Keys,
    account,
    app,
    link,
    make_evidence,
    make_inventory,
    make_policy,
    make_predicate,
    make_received,
    make_registration,
    profile,
    rows,
)
from judging import judge
from setapart_auditor.appraisal.engine import appraise
from setapart_auditor.appraisal.model import Context, Received, Status
from setapart_evidence.errors import EvidenceError
from setapart_evidence.model import Inventory
from setapart_evidence.open import open_report
from setapart_evidence.report import encode_inventory, make_report

INPUTS = 4000
KEYS = Keys(DEVICE_SIGNER)
POLICY = make_policy(personal="app-or-link")
REGISTRATIONS = [make_registration(name) for name in ("ordinary", "personal", "social-dedicated")]
WHOLE = make_inventory(
    profiles=["0", "10"],
    apps=[app(TIKTOK, name="TikTok"), app()],
    accounts=[account(), account(domain="agency.example")],
    links=[link()],
)
ODD: list[Any] = [
    None, "", 0, -1, 2**53, 1e308, True, [], {}, [[]], {"a": {}}, "\u202e", "\x00", "ⓣⓘⓚⓣⓞⓚ", "xn--", "." * 300,
    "a." * 200, "@", "://", "[", "%", "own-store:", "own-store:\u202e", "/", "0/", "system", "observed", "ÿ" * 300,
]  # fmt: skip


def opened_and_judged(raw: bytes) -> bool:
    """Whether the file was evidence; everything else must have ended in one of our errors."""
    try:
        report = open_report(raw, KEYS)
    except EvidenceError:
        return False
    for registration in REGISTRATIONS:
        verdict = appraise((Received(report=report, received_at=NOW),), registration, (), POLICY, Context(), NOW)
        assert Status[verdict.status.upper()] in Status
    return True


def test_bytes_that_were_changed_anywhere_end_in_our_errors() -> None:
    chance = random.Random(11)
    raw = make_evidence(WHOLE)
    accepted = 0
    for _ in range(INPUTS):
        changed = bytearray(raw)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(changed))
            match chance.randrange(3):
                case 0:
                    changed[at] = chance.randrange(256)
                case 1:
                    del changed[at : at + chance.randint(1, 40)]
                case _:
                    changed[at:at] = chance.randbytes(chance.randint(1, 8))
        accepted += opened_and_judged(bytes(changed))
    assert accepted < INPUTS / 10  # an envelope has room for an unauthenticated hint, and for nothing else


def test_odd_values_under_a_good_signature_end_in_our_errors_or_a_verdict() -> None:
    """The device's owner holds its key: whatever it signs arrives at the engine."""
    chance = random.Random(28)
    accepted = 0
    for _ in range(INPUTS):
        body = json.loads(encode_inventory(WHOLE))
        for _ in range(chance.randint(1, 3)):
            place: Any = body
            while True:
                keys = list(place) if isinstance(place, dict) else list(range(len(place)))
                if not keys:
                    break
                key = chance.choice(keys)
                if isinstance(place[key], dict | list) and place[key] and chance.random() < 0.8:
                    place = place[key]
                    continue
                place[key] = copy.deepcopy(chance.choice(ODD))
                break
        raw, _ = make_report(make_predicate(), json.dumps(body).encode(), DEVICE_SIGNER)
        accepted += opened_and_judged(raw)
    assert INPUTS / 20 < accepted < INPUTS


LONG = "a." * 1_000_000
LARGE: dict[str, Inventory] = {
    "names": make_inventory(accounts=[account(domain=LONG, host=LONG)], links=[link(target=LONG)]),
    "addresses": make_inventory(accounts=[account(domain="1." * 1_000_000)], links=[link(target="[" + ":" * 10**6)]),
    "unicode": make_inventory(apps=[app("ﷺ" * 600_000, name="ﷺ" * 600_000)], accounts=[account(domain="ﷺ." * 10**5)]),
    "apps": make_inventory(apps=[app(f"com.example.a{number}", name="TikTok") for number in range(20_000)]),
    "restricted": make_inventory(apps=[app(TIKTOK, profile=str(number)) for number in range(20_000)]),
    "profiles": make_inventory(profiles=[profile(str(number)) for number in range(50_000)], coverage=()),
    "rows": make_inventory(coverage=[*rows(), *(rows("apps", status="denied") * 40_000)]),
    "links": make_inventory(links=[link(target=f"{number}.agency.example") for number in range(20_000)]),
}


@pytest.mark.parametrize("what", LARGE)
@pytest.mark.parametrize("device_class", ["ordinary", "social-dedicated"])
def test_what_fits_into_a_report_is_judged_in_good_time_and_ends_in_a_small_verdict(
    what: str, device_class: str
) -> None:
    report = make_received(LARGE[what])
    before = time.process_time()
    verdict = judge(report, device_class=device_class)
    assert time.process_time() - before < 20  # seconds; a square of the size would take hours
    assert verdict.status != "excepted"
    assert sum(len(finding.message) for finding in verdict.findings) < 200_000


# Between pytest and the process that is measured: a child's peak begins with the size of what it was forked from.
MEASURE = """
import os, sys
child = os.fork()
if not child:
    os.execv(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
"""


def test_memory_stays_bounded() -> None:
    """All of the above in a process of its own: the peak of this one is that of every test before."""
    above = (sys.executable, "-m", "pytest", "-q", "-k", "not memory", __file__)
    ran = subprocess.run([sys.executable, "-S", "-c", MEASURE, *above], capture_output=True, text=True, check=True)
    code, peak = ran.stdout.split()[-2:]
    assert code == "0", ran.stdout
    assert int(peak) < 1024 * 1024  # KiB; pytest and its plugins included
