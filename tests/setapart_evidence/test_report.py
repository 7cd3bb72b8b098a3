"""What an agent makes is what an auditor opens."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.build_vectors import VALID
from evidence_maker import DEVICE, INVENTORY, INVENTORY_BYTES, REGISTER, dumps, sha256, statement
from setapart_evidence import envelope
from setapart_evidence.errors import InventoryError, SizeError
from setapart_evidence.limits import DEFAULT_LIMITS
from setapart_evidence.model import (
    Account,
    App,
    Coverage,
    Device,
    Enforcement,
    Inventory,
    Link,
    Profile,
    Withheld,
)
from setapart_evidence.open import open_report
from setapart_evidence.report import encode_inventory, make_report
from setapart_evidence.statement import CollectorRef, DeviceRef, Disclosure, Observation, Origin, Predicate

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12)
MAYBE = st.none() | TEXT


INVENTORIES = st.builds(
    Inventory,
    device=st.builds(
        Device,
        platform=st.sampled_from(["linux", "macos", "windows", "android", "ios"]),
        os_version=MAYBE,
        os_api_level=st.none() | st.integers(0, 2**53 - 1),
        patch_level=MAYBE,
        manufacturer=MAYBE,
        model=MAYBE,
        form_factor=st.sampled_from(["phone", "tablet", "laptop", "desktop", "server", "tv", "other"]),
        serial_digest=MAYBE,
        boot_time=MAYBE,
    ),
    profiles=st.lists(
        st.builds(
            Profile,
            id=TEXT,
            kind=st.sampled_from(["primary", "secondary", "work", "guest", "private-space", "clone", "system"]),
            name=MAYBE,
            running=st.none() | st.booleans(),
        ),
        max_size=3,
    ).map(tuple),
    apps=st.lists(
        st.builds(
            App,
            identifier=TEXT,
            name=MAYBE,
            version=MAYBE,
            profile=TEXT,
            kind=st.sampled_from(["native", "web-app", "browser-extension", "portable"]),
            source=st.sampled_from(["dpkg", "flatpak", "package-manager", "browser"]),
            state=st.sampled_from(["installed", "disabled", "archived", "removed-trace"]),
            publisher=MAYBE,
            publisher_hint=MAYBE,
            permissions=st.lists(TEXT, max_size=3).map(tuple),
        ),
        max_size=5,
    ).map(tuple),
    accounts=st.lists(
        st.builds(
            Account,
            profile=TEXT,
            type=TEXT,
            client=MAYBE,
            services=st.lists(st.sampled_from(["mail", "calendar", "contacts"]), max_size=3).map(tuple),
            domain=MAYBE,
            host=MAYBE,
            tenant=MAYBE,
            address_digest=MAYBE,
            enabled=st.none() | st.booleans(),
            withheld=st.lists(st.sampled_from(["domain", "host", "tenant"]), max_size=3).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
    links=st.lists(st.builds(Link, kind=st.sampled_from(["vpn", "sso"]), target=MAYBE, profile=TEXT), max_size=2).map(
        tuple
    ),
    enforcement=st.lists(
        st.builds(
            Enforcement,
            kind=st.just("app-block"),
            identifiers=st.lists(TEXT, max_size=2).map(tuple),
            by=st.sampled_from(["mdm", "other"]),
        ),
        max_size=2,
    ).map(tuple),
    coverage=st.lists(
        st.builds(
            Coverage,
            section=st.sampled_from(["apps", "accounts", "links"]),
            profile=TEXT,
            collector=TEXT,
            status=st.sampled_from(["observed", "partial", "denied", "unsupported", "failed"]),
            reason=MAYBE,
        ),
        max_size=3,
    ).map(tuple),
    withheld=st.builds(Withheld, apps=st.integers(0, 2**53 - 1), accounts=st.integers(0, 2**53 - 1)),
)
PREDICATES = st.builds(
    Predicate,
    device=st.just(DeviceRef(id=DEVICE.public.keyid)),
    observation=st.builds(
        Observation,
        collected_at=st.datetimes(
            min_value=datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
            max_value=datetime(9998, 12, 31),  # noqa: DTZ001
            timezones=st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
        ),
        sequence=st.integers(1, 2**53 - 1),
        previous=st.none() | st.binary().map(lambda raw: f"sha256:{sha256(raw)}"),
        nonce=MAYBE,
        epoch=MAYBE,
    ),
    disclosure=st.builds(Disclosure, level=st.sampled_from(["scoped", "full"])),
    origin=st.builds(
        Origin,
        agent=TEXT,
        grade=st.sampled_from(["hardware-key", "agent-key", "self-declared"]),
        source=TEXT,
        collectors=st.lists(st.builds(CollectorRef, name=TEXT, version=st.integers(0, 2**53 - 1)), max_size=3).map(
            tuple
        ),
    ),
)


@settings(deadline=None, max_examples=100)
@given(inventory=INVENTORIES, predicate=PREDICATES)
def test_what_is_made_is_what_is_opened(inventory: Inventory, predicate: Predicate) -> None:
    second = encode_inventory(inventory)
    raw, digest = make_report(predicate, second, DEVICE)
    report = open_report(raw, REGISTER)
    assert report.inventory == inventory
    assert report.predicate == predicate
    payload = envelope.parse(raw.partition(b"\n")[0]).payload_bytes()
    assert report.statement_digest == digest == f"sha256:{sha256(payload)}"
    assert report.inventory_digest == f"sha256:{sha256(second)}"
    assert raw.endswith(b"\n" + second)


def test_the_valid_vector_is_what_is_made_of_the_same_values() -> None:
    """The vector was written out by hand; this is our encoder."""
    inventory = msgspec.json.decode(INVENTORY_BYTES, type=Inventory)
    predicate = msgspec.convert(statement()["predicate"], Predicate)
    assert encode_inventory(inventory) == INVENTORY_BYTES
    assert make_report(predicate, INVENTORY_BYTES, DEVICE)[0] == VALID


def test_a_value_that_is_not_known_is_null_and_never_left_out() -> None:
    raw = encode_inventory(
        Inventory(device=Device(platform="ios"), profiles=(), apps=(), accounts=(), links=(), coverage=())
    )
    found = msgspec.json.decode(raw)
    assert list(found) == list(INVENTORY)
    assert found["device"] == dict.fromkeys(INVENTORY["device"]) | {  # type: ignore[attr-defined]
        "platform": "ios",
        "form_factor": "other",
    }
    assert found["withheld"] == {"apps": 0, "accounts": 0}


def test_a_text_that_was_not_made_printable_is_our_error() -> None:
    app = App(identifier="a\udcff", profile="0", source="dpkg")
    inventory = Inventory(device=Device(platform="linux"), profiles=(), apps=(app,), accounts=(), links=(), coverage=())
    with pytest.raises(InventoryError):
        encode_inventory(inventory)


def _predicate(collectors: int) -> Predicate:
    one = CollectorRef(name="x" * 256, version=1, digest="sha256:" + "0" * 64)
    return Predicate(
        device=DeviceRef(id=DEVICE.public.keyid),
        observation=Observation(collected_at=datetime(2026, 11, 22, tzinfo=UTC), sequence=1),
        disclosure=Disclosure(level="full"),
        origin=Origin(agent="0", grade="agent-key", source="local", collectors=(one,) * collectors),
    )


def test_nothing_is_made_that_no_auditor_would_read() -> None:
    fits = dumps(INVENTORY).ljust(DEFAULT_LIMITS.inventory)
    open_report(make_report(_predicate(100), fits, DEVICE)[0], REGISTER)
    with pytest.raises(SizeError):
        make_report(_predicate(100), fits + b" ", DEVICE)
    with pytest.raises(SizeError):
        make_report(_predicate(256), INVENTORY_BYTES, DEVICE)
