"""What may be asked for and what may be granted: pure, and the same for every door."""

import datetime as dt

from setapart_auditor.appraisal.model import Exception_, Registration
from setapart_auditor.appraisal.need import folded, same_person
from setapart_auditor.errors import AuditorError, NotAllowedError
from setapart_auditor.policy.model import Policy
from setapart_auditor.policy.refusals import YEARS
from setapart_auditor.register.people import Refusal, beyond_pack, contradiction
from setapart_evidence.exception import NEED_CHARACTERS

LONGEST_GROUND = 64
_OF_PEOPLE = frozenset({"approved_by", "requested_by", "holder"})


def only_ground(policy: Policy) -> str:
    """The ground that goes without saying: the pack's only one; empty where there is none or a choice."""
    grounds = policy.pack.exception.grounds
    return grounds[0] if len(grounds) == 1 else ""


def check_request(asked: Exception_, device: Registration, policy: Policy, today: dt.date) -> None:
    """Returns if an exception may be asked for.

    Args:
        asked: the request; `approved_by` is empty.
        device: whose exception it would be, as the register has it now.
        policy: of the device's unit.
        today: the day, UTC.

    Raises:
        NotAllowedError: the people are not three, or the device is another's.
        AuditorError: everything else that is wrong with it; `where` names the option.
    """
    need = asked.need.strip()
    if not need or len(need) > NEED_CHARACTERS or not need.isprintable():
        raise AuditorError(
            "no need" if not need else "a need that is no line of text",
            expected=f"why this device needs the app, in at most {NEED_CHARACTERS} characters",
            where="--need",
        )
    if len(asked.ground) > LONGEST_GROUND or not asked.ground.isprintable():
        raise AuditorError("a ground that is no word", expected="a ground as the pack spells it", where="--ground")
    _check(asked, device, policy, today, approver_role=None)


def check_grant(
    asked: Exception_, device: Registration, policy: Policy, today: dt.date, approver_role: str | None
) -> None:
    """Returns if an exception that was asked for may be granted, as register and pack are now.

    Args:
        asked: with the name of who would grant it.
        device: as the register has it now.
        policy: of the device's unit.
        today: the day, UTC.
        approver_role: the office in which they grant it, where the pack names one.

    Raises:
        NotAllowedError: the people are not three, the device is another's, or the pack names another office.
        AuditorError: everything else.
    """
    if not folded(asked.approved_by):
        raise NotAllowedError("nobody grants it", expected="an officer")
    _check(asked, device, policy, today, approver_role=approver_role)
    demanded = policy.pack.exception.approver_role
    if demanded is not None and approver_role is None and asked.app in policy.apps:
        raise NotAllowedError(
            "no office in which it is granted",
            expected=f"`{demanded}`, as {policy.pack.id} says",
            cure=f"add --role {demanded}, if that is who grants it",
        )


def check_people(asked: Exception_) -> None:
    """Returns if who asks, who grants (where somebody has) and who holds the device are different people.

    Raises:
        NotAllowedError: they are not.
    """
    if not folded(asked.holder) or not folded(asked.requested_by):
        raise NotAllowedError("a person without a name", expected="who asks, and who holds the device")
    if same_person(asked.requested_by, asked.holder):
        raise NotAllowedError(
            f"`{asked.requested_by}` holds the device",
            expected="an officer who does not",
            cure="have another officer ask for it",
        )
    granted = folded(asked.approved_by)
    if granted and same_person(asked.approved_by, asked.requested_by):
        raise NotAllowedError(
            f"`{asked.approved_by}` has asked for it", expected="two people", cure="have another officer approve it"
        )
    if granted and same_person(asked.approved_by, asked.holder):
        raise NotAllowedError(
            f"`{asked.approved_by}` holds the device", expected="two people", cure="have another officer approve it"
        )


def _check(
    asked: Exception_, device: Registration, policy: Policy, today: dt.date, *, approver_role: str | None
) -> None:
    if not folded(device.holder):
        raise AuditorError(
            f"`{device.name}` has no holder",
            expected="an exception's device is one person's",
            cure=f"`setapart-auditor device change {device.name} --holder NAME`",
        )
    check_people(asked)
    if asked.until.year not in YEARS or asked.valid_from.year not in YEARS:
        raise AuditorError(f"{asked.valid_from} to {asked.until}", expected=f"years from {YEARS[0]} to {YEARS[-1]}")
    if asked.until < today:
        raise AuditorError(f"{asked.until} is past", expected="a day to come", where="--until")
    if device.since is not None and asked.until < device.since:
        raise AuditorError(
            f"`{device.name}` is what it is from {device.since}", expected="a later day", where="--until"
        )
    _raise(contradiction(asked, device))
    _raise(beyond_pack(asked, device, policy, approver_role))


def _raise(refusal: Refusal | None) -> None:
    if refusal is None:
        return
    kind = NotAllowedError if refusal.field in _OF_PEOPLE else AuditorError
    option = {"approver_role": "--role", "valid_from": "--from"}.get(refusal.field, f"--{refusal.field}")
    where = option if refusal.field else ""
    raise kind(refusal.got, expected=refusal.expected, cure=refusal.cure, where=where)
