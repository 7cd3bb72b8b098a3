"""Gives the intake broken messages. `PYTHONPATH=tests python tests/fuzz_intake.py [--inputs N] [--seed S] [--number N]`

Whatever comes is answered, or refused by an error of ours; memory stays within a bound; afterwards a good report is
still taken in. An input is made again from seed and number alone.
"""

import argparse
import datetime as dt
import random
import resource
import sys
import tempfile
import time
from collections import Counter, deque
from concurrent.futures import Future
from pathlib import Path

from evidence_factory import make_evidence, make_inventory
from fuzz.mutations import havoc, mutate
from setapart_auditor.errors import AuditorError
from setapart_auditor.installation import Installation, load_policies
from setapart_auditor.intake.service import Answer, Intake
from setapart_evidence import envelope
from setapart_evidence.enrolment import Enrolment, Rotation, encoded_key, make_enrolment, make_rotation
from setapart_evidence.errors import EvidenceError
from setapart_evidence.keys import Ed25519Signer
from stores import make_installation
from web_world import Phone, now, register

GROWTH_MIB = 128
_AHEAD = 200


def seeds_of(installation: Installation, phone: Phone) -> list[bytes]:
    """One good message of each type."""
    new = Ed25519Signer(b"n" * 32)
    enrolment = Enrolment(
        token="ab" * 32, auditor=installation.keyid, key=encoded_key(new.public), name="a", platform="linux",
        agent="0.1.0", requested_at=now(),
    )  # fmt: skip
    rotation = Rotation(
        device=phone.id, auditor=installation.keyid, old=phone.id, key=encoded_key(new.public), requested_at=now()
    )
    return [
        make_evidence(make_inventory(), signer=phone.signer, device=phone.id, sequence=7),
        phone.request(installation),
        make_enrolment(enrolment, new),
        make_rotation(rotation, phone.signer, new),
    ]


def input_of(seed: int, number: int, good: list[bytes], signer: Ed25519Signer) -> bytes:
    """One broken message: as bytes, as JSON, or with a broken payload that is well signed."""
    chance = random.Random(f"{seed} {number}")
    raw = chance.choice(good)
    way = chance.randrange(4)
    first, feed, rest = raw.partition(b"\n")
    if way == 0:
        return havoc(chance, raw, good)
    if way == 1:
        return mutate(chance, first, good) + feed + rest
    if way == 2:
        return first + feed + mutate(chance, rest or b"{}", good)
    payload = mutate(chance, envelope.parse(first).payload_bytes(), good)
    return envelope.seal(payload, (signer,)) + feed + rest


def is_ours(answer: Future[Answer]) -> bool:
    """Whether it was answered, or refused by an error that says why."""
    return answer.exception() is None or isinstance(answer.exception(), EvidenceError | AuditorError)


def run(folder: Path, inputs: range, seed: int) -> tuple[Counter[str], list[tuple[int, BaseException | None]]]:
    """Gives an intake these inputs. Returns how many ended in what, and those that ended in no error of ours."""
    installation = make_installation(folder)
    phone = register(installation, 1)[0]
    good = seeds_of(installation, phone)
    intake = Intake(installation, load_policies(installation), limited=False)
    intake.start()
    ends: Counter[str] = Counter()
    findings: list[tuple[int, BaseException | None]] = []
    waiting: deque[tuple[int, Future[Answer]]] = deque()

    def settle() -> None:
        number, answer = waiting.popleft()
        exc = answer.exception()
        ends["answered" if exc is None else exc.reason if isinstance(exc, EvidenceError) else type(exc).__name__] += 1
        if not is_ours(answer):
            findings.append((number, exc))

    moment = dt.datetime.now(dt.UTC)
    for number in inputs:
        waiting.append((number, intake.submit(input_of(seed, number, good, phone.signer), address="a", now=moment)))
        if len(waiting) > _AHEAD:
            settle()
    while waiting:
        settle()
    fresh = register(installation, 1)[0]
    last = intake.submit(fresh.report(), address="a", now=now())
    assert last.result().outcome == "accepted"
    intake.close()
    installation.store.close()
    return ends, findings


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=20221)
    parser.add_argument("--number", type=int, help="one input again")
    options = parser.parse_args()
    inputs = range(options.inputs) if options.number is None else range(options.number, options.number + 1)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder) / "warm", range(500), 0)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        ends, findings = run(Path(folder) / "a", inputs, options.seed)
    growth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
    print(f"seed {options.seed}, {len(inputs)} inputs, {time.monotonic() - begun:.0f} s, {growth:.0f} MiB more")
    for end, count in ends.most_common():
        print(f"{count:>9}  {end}")
    for number, exc in findings[:20]:
        print(f"--seed {options.seed} --number {number}: {exc!r}")
    return int(bool(findings) or growth > GROWTH_MIB)


if __name__ == "__main__":
    sys.exit(main())
