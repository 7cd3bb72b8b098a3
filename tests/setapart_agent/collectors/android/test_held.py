from setapart_agent.collectors.android import source as commands
from setapart_agent.collectors.android.held import HeldSource, outputs_of
from setapart_agent.collectors.android.parse.bugreport import Section
from setapart_agent.collectors.base import Failed, Observed, Unsupported


def test_a_section_answers_its_command_and_nothing_else_is_held() -> None:
    sections = (
        Section(name="account", content=b"Accounts: 0\n"),
        Section(name="SYSTEM PROPERTIES", content=b"[a]: [b]"),
    )
    source = HeldSource("bugreport", outputs_of(sections), called="a bug report")
    assert source.output(commands.DUMPSYS_ACCOUNT) == Observed(b"Accounts: 0\n")
    assert source.output(commands.GETPROP) == Observed(b"[a]: [b]")
    assert source.output(commands.PM_LIST_USERS) == Unsupported("a bug report does not hold `pm list users`")
    assert source.serial() is None


def test_an_empty_section_is_a_failure_and_not_an_empty_answer() -> None:
    assert isinstance(outputs_of((Section(name="account", content=b" \r\n"),))[commands.DUMPSYS_ACCOUNT], Failed)
