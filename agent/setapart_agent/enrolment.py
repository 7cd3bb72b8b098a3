"""Enrolment: how an agent comes to belong to an auditor, and how its key changes.

A request is on disk before it is sent, and the same bytes are sent until there is an answer: a token that serves once
is not lost to a crash or a broken line. Only a person enrols an agent; nothing that an auditor or a network does can.
"""

from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs

from setapart_agent.chain import locked_chain
from setapart_agent.errors import AgentError, NotEnrolledError, RefusedError
from setapart_agent.membership import FILE, Membership, accept_bundle, enrolled, read_membership, write_membership
from setapart_agent.private_files import make_private_folder, sync_folder, write_new
from setapart_agent.signing import signing_chain
from setapart_agent.spool import Spool
from setapart_agent.state import KEY_NAME, NEW_KEY_NAME, followed, locked_state
from setapart_evidence import __version__, envelope
from setapart_evidence.enrolment import (
    Enrolment,
    EnrolmentAnswer,
    Rotation,
    Token,
    encoded_key,
    make_enrolment,
    make_rotation,
    public_key,
    read_answer,
    unverified_rotation,
)
from setapart_evidence.errors import EvidenceError
from setapart_evidence.keystore import is_hardware, open_key
from setapart_evidence.statement import digest
from setapart_evidence.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from setapart_agent.facts import DeviceFacts
    from setapart_agent.http import Client
    from setapart_evidence.keys import Signer

ENROL_PATH = "/v1/enrol"
ROTATE_PATH = "/v1/rotate"
_FINAL_STATUS = frozenset({403, 409})
_LONGEST_NAME = 256
_LONGEST_SERIAL = 128


def ask_to_enrol(
    folder: Path, token: Token, signer: "Signer", device: "DeviceFacts", *, name: str, ca: Path | None, now: datetime
) -> Membership:
    """Writes down a request to enrol, to be sent or carried. A request that waits is replaced.

    Args:
        folder: the state folder; holds the key.
        token: the officer's.
        signer: the key of this agent.
        device: what the machine says of itself.
        name: what it is called; names the record that an unbound token makes.
        ca: the CA that vouches for the auditor, if it is not one of the system's.
        now: the moment.

    Raises:
        AgentError: this agent is enrolled already, or the machine does not tell its platform.
    """
    if device.platform is None:
        raise AgentError("a machine that does not tell its platform", expected="a known one")
    with locked_state(folder):
        present = read_membership(folder)
        if present is not None and present.is_enrolled:
            raise AgentError(
                f"this agent is enrolled already, as {present.name}",
                expected="one that is not",
                cure="to change its key use --rotate; to begin anew run `setapart-agent reset-identity` first",
            )
        request = Enrolment(
            token=token.secret.hex(),
            auditor=token.auditor,
            key=encoded_key(signer.public),
            hardware=is_hardware(signer),
            name=printable(name, _LONGEST_NAME),
            serial=printable(device.serial, _LONGEST_SERIAL) if device.serial else None,
            platform=device.platform,
            agent=__version__,
            requested_at=now,
        )
        membership = Membership(
            state="waiting",
            url=token.url,
            auditor=token.auditor,
            ca=_spelled(ca),
            request=make_enrolment(request, signer).decode(),
        )
        write_membership(folder, membership)
    return membership


def send_request(folder: Path, connect: "Callable[[Membership], Client]", *, ca: Path | None = None) -> Membership:
    """Sends the request that waits, as often as it takes. Returns what the auditor's answer makes of it.

    Args:
        folder: the state folder.
        connect: makes the client.
        ca: the CA that vouches for the auditor; with it the answer came, so it is remembered.

    Raises:
        NotEnrolledError: there is no request that waits.
        NetworkError: no answer; the request stays.
        RefusedError: the auditor refuses; where that is final, the request is forgotten.
        EvidenceError: an answer that is not the auditor's.
    """
    with locked_state(folder):
        membership = _waiting(folder)
        if ca is not None:
            membership = structs.replace(membership, ca=_spelled(ca))
        assert membership.request is not None
        client = connect(membership)
        try:
            answer = client.post(ENROL_PATH, membership.request.encode())
        except RefusedError as exc:
            if exc.is_about_the_message or (exc.status in _FINAL_STATUS and exc.reason):
                with _told(FILE):
                    (folder / FILE).unlink()
            raise
        finally:
            client.close()
        return _take_answer(folder, membership, answer)


def take_answer(folder: Path, raw: bytes) -> Membership:
    """Takes the answer that was carried here: to a request to enrol, or to a change of keys.

    Raises:
        NotEnrolledError: nothing waits for one.
        EvidenceError: it is not the auditor's answer to it.
    """
    with locked_state(folder):
        present = read_membership(folder)
        if present is None or present.rotation is None:
            return _take_answer(folder, _waiting(folder), raw)
    return _finish_rotation(folder, raw)


def take_bundle(folder: Path, raw: bytes, now: datetime) -> int:
    """Pins a policy bundle that was carried here. Returns its version.

    Raises:
        EvidenceError: no bundle, or of another authority.
        AgentError: older than the one here, or expired.
    """
    with locked_state(folder):
        found = accept_bundle(folder, enrolled(folder), raw, now)
        membership = enrolled(folder)
        if membership.bundle is None:
            write_membership(folder, structs.replace(membership, bundle=found.digest))
    return found.bundle.version


def ask_to_rotate(folder: Path, old: "Signer", make: "Callable[[], tuple[Signer, bytes]]", now: datetime) -> bytes:
    """Makes a new key beside the old one, and the request to change to it; a request that waits stays the same.

    Args:
        folder: the state folder.
        old: the present key.
        make: makes a key; returns its signer and the content of its file.
        now: the moment.

    Raises:
        AgentError: reports that the old key has signed are not delivered yet: nobody would take them afterwards. What
            the folder's station has signed may wait.
    """
    with signing_chain(folder, followed(folder / KEY_NAME)), locked_state(folder):
        membership = enrolled(folder)
        if membership.rotation is not None and not _is_lost(folder, membership.rotation, old):
            return membership.rotation.encode()
        if waiting := _signed_by(Spool(folder), old.public.keyid):
            raise AgentError(
                f"{waiting} reports that the present key has signed are not delivered",
                expected="none in the spool",
                cure="run `setapart-agent deliver` first",
            )
        (folder / NEW_KEY_NAME).unlink(missing_ok=True)  # of an attempt that never got as far as a request
        new, content = make()
        write_new(folder / NEW_KEY_NAME, content, 0o600)
        assert membership.device is not None
        rotation = Rotation(
            device=membership.device,
            auditor=membership.auditor,
            old=old.public.keyid,
            key=encoded_key(new.public),
            hardware=is_hardware(new),
            requested_at=now,
        )
        raw = make_rotation(rotation, old, new)
        write_membership(folder, structs.replace(membership, rotation=raw.decode()))
    return raw


def _signed_by(spool: Spool, keyid: str) -> int:
    """How many reports in the spool a key has signed; a damaged one may be its."""
    count = 0
    for report in spool.reports():
        raw = spool.read(report)
        try:
            signatures = envelope.parse(envelope.split(raw)[0]).signatures if raw is not None else ()
            count += any(signature.keyid == keyid for signature in signatures)
        except EvidenceError:
            count += 1
    return count


def send_rotation(folder: Path, connect: "Callable[[Membership], Client]") -> Membership:
    """Sends the change of keys that waits; with the auditor's yes the new key takes the old one's place.

    Raises:
        NetworkError: no answer; both keys stay, and the change is sent again the next time.
        RefusedError: the auditor refuses; where that is final, the new key is removed.
        EvidenceError: an answer that is not the auditor's.
    """
    membership = enrolled(folder)
    if membership.rotation is None:
        raise NotEnrolledError("no change of keys waits", expected="one", cure="run `setapart-agent enrol --rotate`")
    if not (folder / NEW_KEY_NAME).exists() and _is_lost(folder, membership.rotation, _present(folder)):
        _forget_rotation(folder)
        raise NotEnrolledError("the new key is lost", expected=NEW_KEY_NAME, cure="run `setapart-agent enrol --rotate`")
    client = connect(membership)
    try:
        answer = client.post(ROTATE_PATH, membership.rotation.encode())
    except RefusedError as exc:
        if exc.is_about_the_message or (exc.status in _FINAL_STATUS and exc.reason):
            _forget_rotation(folder)
        raise
    finally:
        client.close()
    return _finish_rotation(folder, answer)


def coming_signer(folder: Path, membership: Membership) -> "Signer | None":
    """The new key while a change of keys waits; it signs reports as well. Asked for under the chain's lock.

    The auditor may take the change before or after any of them, and takes a report by the key that counts then.

    Raises:
        EvidenceError: its file is no key; KeystoreError: what holds it can't be used.
        AgentError: its file can't be read.
    """
    if membership.rotation is None:
        return None
    try:
        raw = (folder / NEW_KEY_NAME).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise AgentError(
            f"{folder / NEW_KEY_NAME} can't be read: {exc.strerror}", expected="the new key", cure="make it readable"
        ) from None
    return open_key(raw)


def _waiting(folder: Path) -> Membership:
    membership = read_membership(folder)
    if membership is None or membership.request is None:
        raise NotEnrolledError(
            "no request to enrol waits for an answer",
            expected="one",
            cure="this agent is enrolled" if membership is not None else "run `setapart-agent enrol TOKEN`",
        )
    return membership


def _take_answer(folder: Path, membership: Membership, raw: bytes) -> Membership:
    assert membership.request is not None
    found, key = read_answer(raw, membership.auditor, _digest(membership.request))
    answer = found.predicate
    if answer.state == "waiting":
        after = structs.replace(membership, authority=encoded_key(key))
    else:
        after = _accepted(membership, answer, encoded_key(key))
    write_membership(folder, after)
    return after


def _accepted(membership: Membership, answer: EnrolmentAnswer, authority: str) -> Membership:
    if answer.device is None:
        raise AgentError("an answer without a device", expected="the id of this device", cure="ask your officer")
    return structs.replace(
        membership,
        state="enrolled",
        authority=authority,
        device=answer.device,
        name=answer.name,
        nonce=answer.nonce,
        nonce_at=answer.answered_at if answer.nonce is not None else None,
        bundle=answer.bundle,
        request=None,  # with it the token's secret
    )


def _finish_rotation(folder: Path, raw: bytes) -> Membership:
    """The new key takes the old one's place. Whenever the agent dies in here, the next run ends it.

    The new key goes on with the old one's sequence: which of the reports that both have signed the auditor files under
    which key depends on when they arrive, and its chain of a key begins with the first that does.
    """
    key, new = folder / KEY_NAME, folder / NEW_KEY_NAME
    with locked_chain(key), locked_state(folder):
        membership = enrolled(folder)
        if membership.rotation is None:
            return membership
        found, authority = read_answer(raw, membership.auditor, _digest(membership.rotation))
        if found.predicate.state != "accepted":
            return membership
        public, pem = key.with_suffix(".pub"), public_key(unverified_rotation(membership.rotation.encode()).key).pem()
        with _told("the new key's files"):
            if new.exists():
                new.replace(key)
                sync_folder(folder)
            if not public.exists() or public.read_bytes() != pem:
                public.unlink(missing_ok=True)
                write_new(public, pem, 0o644)
        after = structs.replace(membership, rotation=None, authority=encoded_key(authority))
        write_membership(folder, after)
    return after


def _forget_rotation(folder: Path) -> None:
    with locked_state(folder):
        write_membership(folder, structs.replace(enrolled(folder), rotation=None))
        (folder / NEW_KEY_NAME).unlink(missing_ok=True)


def _present(folder: Path) -> "Signer":
    with _told(KEY_NAME):
        raw = (folder / KEY_NAME).read_bytes()
    return open_key(raw)


@contextmanager
def _told(what: str) -> "Iterator[None]":
    """Tells of what the file system refuses as an error of ours."""
    try:
        yield
    except OSError as exc:
        raise AgentError(
            f"{what} can't be read or replaced: {exc.strerror}",
            expected="a state folder of this agent's own",
            cure="make the folder and what is in it writable, then run the command again",
        ) from None


def _spelled(ca: Path | None) -> str | None:
    """The file's whole name, as it is remembered.

    Raises:
        AgentError: its name is no UTF-8.
    """
    if ca is None:
        return None
    name = str(ca.resolve())
    if printable(name, len(name)) != name:
        raise AgentError(
            f"a CA's file called {printable(name)}", expected="a name in UTF-8, without controls", cure="rename it"
        )
    return name


def _is_lost(folder: Path, rotation: str, present: "Signer") -> bool:
    """Whether the new key is gone before it was the present one: the auditor must not be told to take it."""
    return unverified_rotation(rotation.encode()).old == present.public.keyid and not (folder / NEW_KEY_NAME).exists()


def _digest(request: str) -> str:
    return digest(envelope.parse(request.strip().encode()).payload_bytes())


def folder_ready(folder: Path) -> None:
    """Makes the state folder, for its owner alone.

    Raises:
        AgentError: it can't be made.
    """
    try:
        make_private_folder(folder)
    except OSError as exc:
        raise AgentError(f"{folder} can't be made: {exc.strerror}", cure="choose a folder with --dir") from None


def short_host_name() -> str:
    """What this machine calls itself."""
    import socket

    return socket.gethostname().partition(".")[0] or "agent"
