"""Evidence file to verdict, beside one raw Ed25519 verification of the same body. `python bench/verify_appraise.py`.

Every round measures each way once, for about a tenth of a second, and ratios are taken within a round. First every bad
vector must be refused: a fast verifier that accepts one prints FAIL.
"""

import base64
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "tests"))

from assets.build_vectors import large_vectors, vectors  # noqa: E402
from evidence_factory import (  # noqa: E402
    DEVICE_SIGNER,
    NOW,
    Keys,
    app,
    make_evidence,
    make_inventory,
    make_registration,
    make_verified,
)
from evidence_maker import REGISTER  # noqa: E402
from setapart_auditor.appraisal.engine import appraise  # noqa: E402
from setapart_auditor.appraisal.model import Context, Disclosed, Received  # noqa: E402
from setapart_auditor.policy.load import load_policy  # noqa: E402
from setapart_evidence.bundle import list_digest  # noqa: E402
from setapart_evidence.errors import EvidenceError  # noqa: E402
from setapart_evidence.model import Inventory, Withheld  # noqa: E402
from setapart_evidence.open import open_report  # noqa: E402
from setapart_evidence.statement import Disclosure  # noqa: E402

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 9
SECONDS = 0.12
APPS = 400
POLICY = load_policy("no-2023")
REGISTRATION = make_registration("ordinary")


def refuses_every_bad_vector() -> bool:
    for vector in (*vectors(), *large_vectors()):
        try:
            open_report(vector.raw, REGISTER)
        except EvidenceError:
            if vector.reason is None:
                return False
        else:
            if vector.reason is not None:
                return False
    return True


def full() -> bytes:
    apps = [app(f"org.vendor{n % 97}.product{n}", name=f"Product {n}", version=f"{n % 9}.{n}") for n in range(APPS)]
    return make_evidence(make_inventory(apps=apps))


def scoped(context: dict[str, Disclosed]) -> bytes:
    digest = "sha256:" + "5c" * 32
    context[digest] = Disclosed(identifiers=POLICY.needed_identifiers, internal=frozenset())
    inventory = make_inventory(apps=[app("com.google.android.gm", name="Gmail")], withheld=Withheld(apps=APPS - 1))
    disclosure = Disclosure(
        level="scoped", bundle=digest, identifiers=list_digest(POLICY.needed_identifiers), domains=list_digest(())
    )
    return make_evidence(inventory, disclosure=disclosure)


def ours(raw: bytes, context: Context) -> Callable[[], object]:
    keys = Keys(DEVICE_SIGNER)

    def run() -> object:
        received = Received(report=open_report(raw, keys), received_at=NOW)
        return appraise((received,), REGISTRATION, (), POLICY, context, NOW)

    return run


def raw_verify(body: bytes) -> Callable[[], object]:
    signature = DEVICE_SIGNER.sign(body)
    key = DEVICE_SIGNER.public._key
    return lambda: key.verify(signature, body)


def peer(body: bytes, context: Context) -> Callable[[], object]:
    """Securesystemslib's DSSE over the whole body, json, and the same rule."""
    pem = DEVICE_SIGNER.public.pem().decode()
    key = SSlibKey(
        "k", "ed25519", "ed25519", {"public": base64.b16encode(DEVICE_SIGNER.public.spki[-32:]).decode().lower()}
    )
    del pem
    envelope = Envelope(body, "application/vnd.in-toto+json", {})
    from securesystemslib.signer import Signature

    envelope.signatures = {"k": Signature("k", DEVICE_SIGNER.sign(envelope.pae()).hex())}
    wire = json.dumps(envelope.to_dict()).encode()
    report = make_verified()

    def run() -> object:
        found = Envelope.from_dict(json.loads(wire))
        found.verify([key], 1)
        inventory = msgspec.convert(json.loads(found.payload), Inventory)
        received = Received(report=_with(report, inventory), received_at=NOW)
        return appraise((received,), REGISTRATION, (), POLICY, context, NOW)

    return run


def _with(report: object, inventory: Inventory) -> object:
    import dataclasses

    return dataclasses.replace(report, inventory=inventory)  # type: ignore[type-var]


def rate(work: Callable[[], object]) -> float:
    count, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < SECONDS:
        work()
        count += 1
    return count / spent


def main() -> None:
    if not refuses_every_bad_vector():
        print("FAIL: a bad vector was accepted, or a good one refused")
        raise SystemExit(1)
    bundles: dict[str, Disclosed] = {}
    evidence = {"full": full(), "scoped": scoped(bundles)}
    context = Context(bundles=bundles)
    body = evidence["full"].partition(b"\n")[2]
    ways = {
        "raw Ed25519 verify of the body": raw_verify(body),
        f"file to verdict, full, {APPS} apps": ours(evidence["full"], context),
        "file to verdict, scoped": ours(evidence["scoped"], context),
        "securesystemslib + json + same rule": peer(body, context),
    }
    gc.freeze()
    found: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(ROUNDS + 1):
        for name, work in ways.items():
            result = rate(work)
            if turn:
                found[name].append(result)
    limit = found["raw Ed25519 verify of the body"]
    print(f"body of {len(body)} bytes; every bad vector refused\n{'':40}{'per second':>12}{'of raw':>9}")
    for name, rates in found.items():
        share = statistics.median(a / b for a, b in zip(rates, limit, strict=True))
        print(f"{name:40}{statistics.median(rates):>12.0f}{share:>9.2f}")
    names = list(ways)
    print(f"full / peer: {statistics.median(a / b for a, b in zip(found[names[1]], found[names[3]], strict=True)):.2f}")


main()
