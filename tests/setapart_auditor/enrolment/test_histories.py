"""Any history of issuing, enrolling, rotating, revoking and replacing ends as a small model says."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from enrolling import NOW, Office, new_key, request, rotation
from setapart_auditor.enrolment.tokens import revoke_token, tokens
from setapart_auditor.errors import AuditorError, NotAllowedError
from setapart_auditor.register.database import change_device, devices, find_device
from setapart_auditor.register.stored_keys import StoredKeys
from setapart_evidence.enrolment import Token
from setapart_evidence.errors import EvidenceError
from setapart_evidence.keys import Ed25519Signer
from stores import make_installation


class Histories(RuleBasedStateMachine):
    """The model: for each device its state and present key; for each token what is left of it."""

    issued = Bundle("issued")
    keys = Bundle("keys")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.office = Office(make_installation(Path(self.folder.name) / "auditor"))
        self.left: dict[bytes, int] = {}
        self.bound: dict[bytes, tuple[str, bool]] = {}
        self.first_token: dict[str, bytes] = {}  # of a key id
        self.device_of: dict[str, str] = {}  # by key id, also of keys that were replaced
        self.present: dict[str, str] = {}  # by device name
        self.ids: dict[str, str] = {}
        self.active: set[str] = set()

    def teardown(self) -> None:
        self.office.installation.store.close()
        self.folder.cleanup()

    @rule(target=keys)
    def make_key(self) -> Ed25519Signer:
        return new_key()

    @rule(target=issued, quota=st.integers(1, 3))
    def issue_for_a_fleet(self, quota: int) -> Token:
        token = self.office.fleet(quota=quota)
        self.left[token.hash] = quota
        return token

    @rule(target=issued, name=st.sampled_from("abc"), replaces=st.booleans())
    def issue_for_a_device(self, name: str, *, replaces: bool) -> object:
        if name not in self.ids and name not in self.active:
            self.office.add(name)
            self.active.add(name)
        with self.office.installation.store.read() as connection:
            device = find_device(connection, name)
        allowed = name in self.active and replaces == (name in self.present)
        try:
            token = self.office.issue(device=device, replaces=replaces)
        except AuditorError:
            assert not allowed
            return multiple()
        assert allowed
        self.left[token.hash] = 1
        self.bound[token.hash] = (name, replaces)
        return token

    @rule(token=issued)
    def revoke_a_token(self, token: Token) -> None:
        with self.office.installation.store.write() as connection:
            number = list(self.left).index(token.hash) + 1
            revoke_token(connection, number, actor_name="ada", now=NOW)
        self.left[token.hash] = 0

    @rule(token=issued, key=keys)
    def enrol(self, token: Token, key: Ed25519Signer) -> None:
        expected = self._expected(token, key.public.keyid)
        try:
            answer = self.office.answered(request(token, key))
        except NotAllowedError:
            assert expected is None
            return
        assert expected is not None
        name, is_new = expected
        assert answer.name is not None
        name = name or answer.name
        assert answer.name == name
        if is_new:
            self.left[token.hash] -= 1
            self.first_token.setdefault(key.public.keyid, token.hash)
            if key.public.keyid not in self.device_of:
                self.device_of[key.public.keyid] = name
                self.present[name] = key.public.keyid
                self.ids.setdefault(name, key.public.keyid)
            self.active.add(name)
        assert answer.device == self.ids[name]

    def _expected(self, token: Token, keyid: str) -> tuple[str, bool] | None:
        """The device that a request leads to (empty: a new one), and whether the token is used for it."""
        bound = self.bound.get(token.hash)
        known = self.device_of.get(keyid)
        if self.first_token.get(keyid) != token.hash and not self.left[token.hash]:
            return None
        if known is not None:
            is_first = self.first_token.get(keyid)
            if bound is not None and bound[0] != known:
                return None
            repeated = is_first == token.hash
            if known not in self.active or (self.present[known] != keyid and not repeated):
                return None
            return known, is_first is None
        if bound is None:
            return "", True
        name, replaces = bound
        if name not in self.active or (name in self.present and not replaces):
            return None
        return name, True

    @rule(old=keys, new=keys)
    def rotate(self, old: Ed25519Signer, new: Ed25519Signer) -> None:
        name = self.device_of.get(old.public.keyid)
        id_ = self.ids[name] if name is not None else old.public.keyid
        allowed = (
            name in self.active and self.present[name] == old.public.keyid and new.public.keyid not in self.device_of
        )
        try:
            self.office.rotate(rotation(id_, self.office.installation.keyid, old, new))
        except (EvidenceError, NotAllowedError):
            assert not allowed
            return
        if allowed:
            assert name is not None
            self.device_of[new.public.keyid] = name
            self.present[name] = new.public.keyid
        else:  # sent again: the answer that was given, and nothing else
            assert name is not None
            assert self.device_of[new.public.keyid] == name

    @rule(data=st.data())
    def retire(self, data: st.DataObject) -> None:
        if self.active:
            name = data.draw(st.sampled_from(sorted(self.active)))
            with self.office.installation.store.write() as connection:
                change_device(connection, find_device(connection, name), {"state": "retired"}, "ada", NOW)
            self.active.discard(name)
            self.ids.setdefault(name, "")

    @invariant()
    def the_register_is_as_the_model_says(self) -> None:
        with self.office.installation.store.read() as connection:
            keys = StoredKeys(connection)
            for device in devices(connection):
                found = [one.key.keyid for one in keys.keys_for(device.registration.id, None)]
                assert found == [self.present[device.name]] if device.name in self.present else not found
                assert (device.state == "active") == (device.name in self.active)
            for one in tokens(connection):
                assert one.used <= one.quota


def test_any_history_ends_as_the_model_says() -> None:
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
