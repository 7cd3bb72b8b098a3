"""packaging/agent/windows/tasks: tasks that keep to what Microsoft has published of their format."""

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

import pytest

from windows_zip import SYSTEM, TASKS

TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
LOCAL_SERVICE = "S-1-5-19"
DURATION = re.compile(r"P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?")
ANY = re.compile(r"(?s).+")
BOOLEAN = re.compile("true|false")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


@dataclass(frozen=True)
class Shape:
    """What an element may hold: text, or children, in this order where Microsoft's schema says `sequence`.

    From "Task Scheduler Schema" (Win32) and MS-TSCH 2.5, what is used of it.
    """

    text: re.Pattern[str] | None = None
    children: Mapping[str, "Shape"] = field(default_factory=dict)
    ordered: bool = False
    attributes: frozenset[str] = frozenset()


_TRIGGER = {
    "Enabled": Shape(BOOLEAN),
    "StartBoundary": Shape(MOMENT),
    "EndBoundary": Shape(MOMENT),
    "Repetition": Shape(
        children={"Interval": Shape(DURATION), "Duration": Shape(DURATION), "StopAtDurationEnd": Shape(BOOLEAN)}
    ),
    "ExecutionTimeLimit": Shape(DURATION),
}
_DAYS = Shape(children={"DaysInterval": Shape(re.compile(r"[1-9]\d?|[12]\d\d|3[0-5]\d|36[0-5]"))})
_BOOLEANS = (
    "AllowStartOnDemand", "DisallowStartIfOnBatteries", "StopIfGoingOnBatteries", "AllowHardTerminate",
    "StartWhenAvailable", "RunOnlyIfNetworkAvailable", "WakeToRun", "Enabled", "Hidden", "RunOnlyIfIdle",
)  # fmt: skip
_PRINCIPAL = {
    "UserId": Shape(ANY),
    "LogonType": Shape(re.compile("S4U|Password|InteractiveToken|InteractiveTokenOrPassword")),
    "GroupId": Shape(ANY),
    "DisplayName": Shape(ANY),
    "RunLevel": Shape(re.compile("LeastPrivilege|HighestAvailable")),
    "ProcessTokenSidType": Shape(re.compile("None|Unrestricted")),
    "RequiredPrivileges": Shape(children={"Privilege": Shape(re.compile(r"Se\w+Privilege"))}),
}
SCHEMA = Shape(
    attributes=frozenset({"version"}),
    children={
        "RegistrationInfo": Shape(
            children={name: Shape(ANY) for name in ("URI", "Source", "Date", "Author", "Version", "Description")}
        ),
        "Triggers": Shape(
            children={
                "BootTrigger": Shape(children={**_TRIGGER, "Delay": Shape(DURATION)}, ordered=True),
                "TimeTrigger": Shape(children={**_TRIGGER, "RandomDelay": Shape(DURATION)}, ordered=True),
                "CalendarTrigger": Shape(
                    children={**_TRIGGER, "RandomDelay": Shape(DURATION), "ScheduleByDay": _DAYS}, ordered=True
                ),
            }
        ),
        "Settings": Shape(
            children={
                **{name: Shape(BOOLEAN) for name in _BOOLEANS},
                "MultipleInstancesPolicy": Shape(re.compile("Parallel|Queue|IgnoreNew|StopExisting")),
                "ExecutionTimeLimit": Shape(DURATION),
                "Priority": Shape(re.compile(r"\d|10")),
            }
        ),
        "Principals": Shape(children={"Principal": Shape(children=_PRINCIPAL, attributes=frozenset({"id"}))}),
        "Actions": Shape(
            attributes=frozenset({"Context"}),
            children={
                "Exec": Shape(children={name: Shape(ANY) for name in ("Command", "Arguments", "WorkingDirectory")})
            },
        ),
    },
)
_REPEATED = frozenset({"Privilege", "Exec", "BootTrigger", "TimeTrigger", "CalendarTrigger"})


def strays(element: ET.Element, shape: Shape, at: str) -> Iterator[str]:
    """Where an element is not as its schema wants it."""
    names = [child.tag.removeprefix(TASK) for child in element]
    if element.attrib.keys() - shape.attributes:
        yield f"{at}: attributes {sorted(element.attrib)}"
    if shape.text is not None and (names or not shape.text.fullmatch(element.text or "")):
        yield f"{at}: {element.text!r}"
    if shape.text is None and (element.text or "").strip():
        yield f"{at}: text {element.text!r}"
    known = list(shape.children)
    yield from (f"{at}: {name}" for name in names if shape.text is None and name not in known)
    yield from (f"{at}: {name} twice" for name in set(names) - _REPEATED if names.count(name) > 1)
    places = [known.index(name) for name in names if name in known]
    if shape.ordered and places != sorted(places):
        yield f"{at}: order {names}"
    for child, name in zip(element, names, strict=True):
        if name in shape.children:
            yield from strays(child, shape.children[name], f"{at}/{name}")


def task(files: Mapping[str, bytes], name: str) -> ET.Element:
    """A task, read as it is in the zip: by its byte order mark and its declaration."""
    root = ET.fromstring(files[f"tasks/{name}.xml"])
    assert root.tag == f"{TASK}Task"
    return root


def value(root: ET.Element, path: str) -> str | None:
    return root.findtext("/".join(f"{TASK}{part}" for part in path.split("/")))


@pytest.mark.parametrize("name", TASKS)
def test_a_task_keeps_to_microsofts_schema(name: str, windows_files: Mapping[str, bytes]) -> None:
    assert list(strays(task(windows_files, name), SCHEMA, "Task")) == []


def test_a_task_that_strays_from_the_schema_is_found(windows_files: Mapping[str, bytes]) -> None:
    whole = windows_files["tasks/deliver.xml"].decode("utf-16")
    wrong = whole.replace("PT5M", "5 minutes").replace("IgnoreNew", "Ignore").replace(">false<", ">no<", 1)
    start = re.findall(r"\s+<StartBoundary>.*</StartBoundary>", wrong)[0]
    wrong = wrong.replace(start, "", 1).replace("</RandomDelay>", f"</RandomDelay>{start}", 1)
    root = ET.fromstring(wrong.encode("utf-16"))
    assert len(list(strays(root, SCHEMA, "Task"))) == 4


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_written_as_schtasks_reads_it(name: str, windows_files: Mapping[str, bytes]) -> None:
    raw = windows_files[f"tasks/{name}.xml"]
    assert raw.startswith(codecs.BOM_UTF16_LE)
    assert raw.decode("utf-16").startswith('<?xml version="1.0" encoding="UTF-16"?>\r\n')


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_made_up_for_bounded_and_never_runs_twice_at_once(
    name: str, windows_files: Mapping[str, bytes]
) -> None:
    root = task(windows_files, name)
    settings = {child.tag.removeprefix(TASK): child.text for child in root.find(f"{TASK}Settings") or ()}
    wanted = {"MultipleInstancesPolicy": "IgnoreNew", "StartWhenAvailable": "true"}
    on_batteries = {"DisallowStartIfOnBatteries": "false", "StopIfGoingOnBatteries": "false"}
    assert settings == settings | wanted | on_batteries
    assert settings["ExecutionTimeLimit"] in {"PT5M", "PT30M"}
    delays = [element.text for element in root.iter(f"{TASK}RandomDelay")]
    assert delays, "a fleet would come at one moment"
    assert value(root, "RegistrationInfo/URI") == f"\\setapart\\{name}"
    assert root.find(f"{TASK}Principals/{TASK}Principal").get("id") == root.find(f"{TASK}Actions").get("Context")  # type: ignore[union-attr]
    assert value(root, "Actions/Exec/Arguments") == f'/d /c ""%ProgramFiles%\\setapart-agent\\run-task.cmd" {name}"'


def test_what_collects_and_what_speaks_with_the_network_are_not_one_account(windows_files: Mapping[str, bytes]) -> None:
    principals = dict.fromkeys(TASKS, f"{TASK}Principals/{TASK}Principal/{TASK}")
    users = {name: task(windows_files, name).findtext(f"{path}UserId") for name, path in principals.items()}
    assert users == {"collect": SYSTEM, "enrol": SYSTEM, "deliver": LOCAL_SERVICE}
    deliver, path = task(windows_files, "deliver"), principals["deliver"]
    assert deliver.findtext(f"{path}RunLevel") == "LeastPrivilege"
    assert deliver.findtext(f"{path}ProcessTokenSidType") == "Unrestricted", "its process would lack the task's SID"
    # LOCAL SERVICE may impersonate whoever connects to it: with that it could become SYSTEM.
    privileges = [element.text for element in deliver.iter(f"{TASK}Privilege")]
    assert privileges == ["SeChangeNotifyPrivilege"]
