"""The rule of two people, and what a pack allows."""

from pathlib import Path

import pytest

from config_factory import PACK, make_config, with_lines
from register_factory import REGISTER, changed, make_register
from setapart_auditor.errors import RegisterError
from setapart_auditor.policy.load import load_policy
from setapart_auditor.register.load import load_register
from setapart_auditor.register.people import check_exceptions

ATTESTATION = (
    '[[attestation]]\ndevice = "patrol-phone"\nclient = "k-9"\nby = "o1"\ndate = 2026-11-01\nuntil = 2027-05-01\n'
)


@pytest.mark.parametrize(
    ("replacements", "where", "got"),
    [
        ([('requested_by = "o1"', 'requested_by = "o2"')], "approved_by", "by the one who asked for it"),
        ([('requested_by = "o1"', 'requested_by = "O2"')], "approved_by", "by the one who asked for it"),
        ([('approved_by = "o2"', 'approved_by = "h1"')], "approved_by", "by the device's holder"),
        ([("until = 2027-04-30", "until = 2026-11-01")], "until", "2026-11-01"),
        ([("until = 2027-04-30", "until = 2026-10-31")], "until", "2026-10-31"),
        ([('device = "patrol-phone"', 'device = "patrol-fone"')], "device", "no device `patrol-fone`"),
        ([('device = "patrol-phone"', 'device = "desk"')], "device", "of class ordinary"),
        ([('app = "tiktok"\nholder = "h1"', 'app = "tiktok"\nholder = "h2"')], "holder", "held by `h1`"),
    ],
)
def test_an_exception_that_contradicts_the_register_is_refused(
    replacements: list[tuple[str, str]], where: str, got: str, tmp_path: Path
) -> None:
    with pytest.raises(RegisterError) as caught:
        load_register(make_register(tmp_path, changed(*replacements)))
    assert caught.value.where.endswith(f"[[exception]] 1 {where}")
    assert got in caught.value.got


def test_the_holder_may_ask(tmp_path: Path) -> None:
    assert load_register(make_register(tmp_path, changed(('requested_by = "o1"', 'requested_by = "h1"'))))


def test_what_ended_before_the_device_became_what_it_is_now_is_history(tmp_path: Path) -> None:
    past = changed(
        ("from = 2026-11-01", "from = 2025-06-01"),
        ("until = 2027-04-30", "until = 2025-12-31"),
        ('holder = "h1"\nneed', 'holder = "h0"\nneed'),
    )
    found = load_register(make_register(tmp_path, past))
    assert found.exceptions[0].holder == "h0"
    with pytest.raises(RegisterError, match="held by `h1`"):
        load_register(make_register(tmp_path, past.replace("until = 2025-12-31", "until = 2026-01-01")))
    minister = past.replace('role = "staff"', 'role = "minister"')
    check_exceptions(
        load_register(make_register(tmp_path, minister)), load_policy("agency-1", root=make_config(tmp_path))
    )


@pytest.mark.parametrize(
    ("old", "new", "where", "got"),
    [
        ('device = "patrol-phone"', 'device = "patrol"', "device", "no device"),
        ('by = "o1"', 'by = "H1"', "by", "holder"),
        ("until = 2027-05-01", "until = 2026-11-01", "until", "2026-11-01"),
        ("until = 2027-05-01", "until = 2027-11-03", "until", "2027-11-03"),
    ],
)
def test_an_attestation_is_an_officer_s_and_expires(old: str, new: str, where: str, got: str, tmp_path: Path) -> None:
    with pytest.raises(RegisterError) as caught:
        load_register(make_register(tmp_path, REGISTER + changed((old, new), text=ATTESTATION)))
    assert caught.value.where.endswith(f"[[attestation]] 1 {where}")
    assert got in caught.value.got


def against(folder: Path, text: str = REGISTER, **pack: str) -> None:
    """Checks a register against the agency's pack."""
    check_exceptions(
        load_register(make_register(folder, text)),
        load_policy("agency-1", root=make_config(folder, pack=with_lines(PACK, **pack))),
    )


def test_the_register_stands_against_the_pack(tmp_path: Path) -> None:
    against(tmp_path, REGISTER + ATTESTATION)


@pytest.mark.parametrize(
    ("replacement", "pack", "where", "got"),
    [
        (('app = "tiktok"', 'app = "tik-tok"'), {}, " app", "no app `tik-tok`"),
        (None, {"exception__allowed": "false"}, "", "allows no exceptions"),
        (("until = 2027-04-30", "until = 2027-05-01"), {}, " until", "181 days"),
        (('ground = "communication"', 'ground = "leisure"'), {}, " ground", "ground `leisure`"),
        (('ground = "communication"\n', ""), {}, "", "ground ``"),
        (None, {"exception__signed": 'false\nnot_for_apps = ["tiktok"]'}, " app", "no exception for `tiktok`"),
        (('app = "tiktok"', 'app = "tiktok-lite"'), {"exception__signed": 'false\nnot_for_apps = ["tiktok"]'}, " app",
         "no exception for `tiktok-lite`"),
        (('role = "staff"\nunit', 'role = "minister"\nunit'), {}, " device", "of role `minister`"),
        (('role = "staff"\nunit', 'role = "clerk"\nunit'), {}, " device", "of role `clerk`"),
        (('role = "staff"\nunit', "unit"), {}, " device", "of role ``"),
        (('ground = "communication"', 'ground = "communication"\napprover_role = "clerk"'), {}, " approver_role",
         "`clerk`"),
    ],
)  # fmt: skip
def test_an_exception_that_the_pack_never_allows_is_refused(
    replacement: tuple[str, str] | None, pack: dict[str, str], where: str, got: str, tmp_path: Path
) -> None:
    text = changed(replacement) if replacement else REGISTER
    with pytest.raises(RegisterError) as caught:
        against(tmp_path, text, **pack)
    assert caught.value.where.endswith(f"[[exception]] 1{where}")
    assert got in caught.value.got


@pytest.mark.parametrize(
    ("replacement", "pack"),
    [
        (('app = "tiktok"', 'app = "tiktok-lite"'), {}),
        (('app = "tiktok"', 'app = "capcut"'), {}),
        (('ground = "communication"\n', ""), {"exception__grounds": "[]"}),
        (('role = "staff"\nunit', "unit"), {"exception__not_for_roles": "[]"}),
        (('ground = "communication"', 'ground = "communication"\napprover_role = "security-officer"'), {}),
        (('ground = "communication"', 'ground = "communication"\napprover_role = "clerk"'),
         {"exception__approver_role": ""}),
        (("until = 2027-04-30", "until = 2027-05-01"), {"exception__max_days": "181"}),
    ],
)  # fmt: skip
def test_what_the_pack_allows_or_does_not_restrict_stands(
    replacement: tuple[str, str], pack: dict[str, str], tmp_path: Path
) -> None:
    against(tmp_path, changed(replacement), **pack)


def test_an_attestation_names_a_client_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match=r"\[\[attestation\]\] 1 client: `k9`.*did you mean `k-9`"):
        against(tmp_path, REGISTER + changed(('client = "k-9"', 'client = "k9"'), text=ATTESTATION))
