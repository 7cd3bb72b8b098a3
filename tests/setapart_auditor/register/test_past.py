"""The register as it was: replaying the changes leads to every earlier state."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from evidence_factory import NOW
from register_undone import undone
from setapart_auditor.errors import DamagedValueError, RegisterError
from setapart_auditor.register.database import NewDevice, add_device, bind_key, change_device, find_device
from setapart_auditor.register.past import registration_at
from setapart_auditor.store.schema import attestation, device_change, settlement
from setapart_evidence.keys import generate
from stores import make_installation

KEY = generate().public
CHANGE = st.one_of(
    st.fixed_dictionaries({"class": st.sampled_from(["ordinary", "personal", "social-dedicated"])}),
    st.fixed_dictionaries({"holder": st.sampled_from(["", "h1", "h2"]), "unit": st.sampled_from(["", "U"])}),
    st.fixed_dictionaries({"since": st.none() | st.dates(dt.date(2020, 1, 1), dt.date(2027, 1, 1))}),
    st.fixed_dictionaries({"legal_hold": st.booleans(), "role": st.sampled_from(["", "staff"])}),
    st.just({"ownership": "private"}),
    st.just({"key": True}),
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an auditor that every example uses, and leaves as it was."""
    made = make_installation(tmp_path_factory.mktemp("past") / "auditor")
    made.store.close()
    return made.folder


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CHANGE, max_size=8))
def test_every_earlier_state_is_found_again(shared: Path, changes: list[dict[str, object]]) -> None:
    from setapart_auditor.installation import open_installation

    store = open_installation(shared).store
    with undone(store) as connection:
        device = add_device(connection, NewDevice(name="d", device_class="ordinary", since=NOW.date()), "o1", NOW)
        states = [(NOW, device.registration)]
        for at, change in enumerate(changes, 1):
            now = NOW + dt.timedelta(minutes=at)
            if "key" in change:
                if not device.enrolled:
                    bind_key(connection, device.no, KEY, hardware=False, origin="enrolled", now=now)
                device = find_device(connection, "d")
            else:
                device = change_device(connection, device, change, "o1", now)
            states.append((now, device.registration))
        for when, was in states:
            assert registration_at(connection, device.no, when) == was
            assert registration_at(connection, device.no, when + dt.timedelta(seconds=59)) == was
        with pytest.raises(RegisterError):
            registration_at(connection, device.no, NOW - dt.timedelta(seconds=1))
    store.close()


def test_a_word_counts_from_the_day_on_which_it_was_given(shared: Path) -> None:
    from setapart_auditor.installation import open_installation

    store = open_installation(shared).store
    later = NOW + dt.timedelta(days=2)
    with undone(store) as connection:
        device = add_device(connection, NewDevice(name="d", device_class="ordinary"), "o1", NOW)
        connection.execute(
            insert(attestation).values(
                device_no=device.no, client="k-9", by="o1", date=later.date(), until=dt.date(2027, 1, 1)
            )
        )
        connection.execute(
            insert(settlement).values(
                device_no=device.no, digest=b"d" * 32, why="w", first_by="o1", first_folded="o1", first_at=NOW,
                second_by="o2", second_folded="o2", second_at=later,
            )
        )  # fmt: skip
        before = registration_at(connection, device.no, later - dt.timedelta(days=1))
        assert (before.attestations, before.settled) == ((), ())
        after = registration_at(connection, device.no, later)
        assert (after.settled, [one.by for one in after.attestations]) == (("sha256:" + b"d".hex() * 32,), ["o1"])
        assert after == find_device(connection, "d").registration
    store.close()


@pytest.mark.parametrize("field", ["since", "state_since"])
def test_a_former_value_that_is_none_is_told_as_damage(shared: Path, field: str) -> None:
    from setapart_auditor.installation import open_installation

    store = open_installation(shared).store
    with undone(store) as connection:
        device = add_device(connection, NewDevice(name="d", device_class="ordinary"), "o1", NOW)
        connection.execute(
            insert(device_change).values(
                device_no=device.no,
                at=NOW + dt.timedelta(days=1),
                by="o1",
                field=field,
                old="some day",
                new=None,
                why="",
            )
        )
        with pytest.raises(DamagedValueError, match=f"former `{field}` of a device"):
            registration_at(connection, device.no, NOW)
    store.close()
