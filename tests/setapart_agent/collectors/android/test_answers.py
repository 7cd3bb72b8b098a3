from android_transcripts import DENIED, RecordedDevice
from setapart_agent.collectors.android.answers import ask
from setapart_agent.collectors.android.parse import pm_list
from setapart_agent.collectors.android.source import pm_list_packages
from setapart_agent.collectors.base import Absent, Denied, Failed, Observed, Unsupported

COMMAND = pm_list_packages("10")


def test_an_answer_is_parsed() -> None:
    answer = ask(RecordedDevice({COMMAND: "package:com.a\r\n"}), COMMAND, pm_list.read)
    assert isinstance(answer, Observed)
    assert answer.value.packages[0].name == "com.a"


def test_a_refusal_in_words_is_a_refusal() -> None:
    answer = ask(RecordedDevice({COMMAND: DENIED.format(user=10)}), COMMAND, pm_list.read)
    assert answer == Denied("the shell may not see this user")


def test_nothing_at_all_is_a_failure() -> None:
    assert isinstance(ask(RecordedDevice({COMMAND: b""}), COMMAND, pm_list.read), Failed)
    assert isinstance(ask(RecordedDevice({COMMAND: Absent()}), COMMAND, pm_list.read), Failed)
    assert isinstance(ask(RecordedDevice({COMMAND: b"hello\xff\n"}), COMMAND, pm_list.read), Failed)


def test_what_the_way_in_refuses_is_passed_on() -> None:
    refused = Unsupported("a bug report does not hold it")
    assert ask(RecordedDevice({COMMAND: refused}), COMMAND, pm_list.read) == refused
