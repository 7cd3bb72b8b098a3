"""setapart_agent/windows_policy.py: what Group Policy and Intune write, in a registry that stands for Windows'."""

from pathlib import Path
from typing import Any

import pytest

from pretended_windows import pretend
from registry_maker import Expand
from setapart_agent.errors import AgentError
from setapart_agent.windows_policy import WindowsPolicy, read_policy


def machine(**values: Any) -> dict[str, Any]:
    """HKEY_LOCAL_MACHINE with these values in the policy's key."""
    return {"SOFTWARE": {"Policies": {"setapart": {"agent": values}}}}


def test_both_values_are_read_without_what_a_clipboard_adds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = machine(EnrolmentToken=" spt1.x \r\n", AuditorUrl=Expand("https://auditor.example"), Other=7)
    pretend(monkeypatch, tmp_path, user="DESK-17$", machine=said)
    assert read_policy() == WindowsPolicy(token="spt1.x", url="https://auditor.example")


@pytest.mark.parametrize("said", [{}, machine(), machine(EnrolmentToken="", AuditorUrl=" ")])
def test_what_is_not_configured_says_nothing(
    said: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, tmp_path, user="DESK-17$", machine=said)
    assert read_policy() == WindowsPolicy()


@pytest.mark.parametrize("value", [7, b"spt1.x", ("spt1.x",)])
def test_a_value_of_another_type_is_no_token(value: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, tmp_path, user="DESK-17$", machine=machine(EnrolmentToken=value))
    with pytest.raises(AgentError, match="EnrolmentToken of the policy is no text"):
        read_policy()


def test_a_policy_that_may_not_be_read_is_not_taken_for_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    windows = pretend(monkeypatch, tmp_path, user="ada", machine=machine(AuditorUrl="https://auditor.example"))
    windows.deny("software\\policies")
    with pytest.raises(AgentError, match="the policy can't be read: permission denied"):
        read_policy()


def test_elsewhere_there_is_no_policy() -> None:
    with pytest.raises(AgentError, match="no policy on this system; expected Windows"):
        read_policy()
