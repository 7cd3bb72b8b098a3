"""packaging/agent/agent_packages/windows.py and what it packs: scripts, tasks and policies that Windows takes.

No Windows is here: the scripts are parsed by a grammar of PowerShell, tasks and policies are compared with what
Microsoft has published of their formats. What that does not show is called untested in docs/install/agent-windows.md.
"""

import codecs
import hashlib
import os
import re
import shutil
import struct
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from agent_packages import agent_wheel, windows
from agent_packages.release import INSTALLED, MACHINES, PYTHONS, Release

from repository import REPOSITORY
from setapart_agent import windows_policy

RELEASE = Release(version="1.2.3", revision=1, machine=MACHINES["amd64"], moment=1_700_000_000)
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
POLICY = "{http://www.microsoft.com/GroupPolicy/PolicyDefinitions}"
TASKS = ("collect", "deliver", "enrol")
SYSTEM, LOCAL_SERVICE, ADMINISTRATORS, OWNER_RIGHTS = "S-1-5-18", "S-1-5-19", "S-1-5-32-544", "S-1-3-4"


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The agent's own modules; its libraries are another test's."""
    folder = tmp_path_factory.mktemp("modules")
    agent_wheel.lay_sources(folder)
    shutil.copy(INSTALLED / "main.py", folder / "__main__.py")
    return folder


@pytest.fixture(scope="module")
def packed(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return windows.pack(RELEASE, modules, tmp_path_factory.mktemp("built") / "agent-1.2.3.zip")


@pytest.fixture(scope="module")
def files(packed: Path) -> Mapping[str, bytes]:
    """What is in the zip, by its path below the one folder."""
    with zipfile.ZipFile(packed) as archive:
        return {name.removeprefix("agent-1.2.3/"): archive.read(name) for name in archive.namelist()}


def text(files: Mapping[str, bytes], name: str) -> str:
    return files[name].decode("ascii")


# The zip


def test_the_same_files_give_the_same_zip(packed: Path, modules: Path, tmp_path: Path) -> None:
    again = shutil.copytree(modules, tmp_path / "modules")
    for path in again.rglob("*"):
        os.utime(path, (1, 1))
    assert windows.pack(RELEASE, again, tmp_path / packed.name).read_bytes() == packed.read_bytes()


def test_everything_that_a_script_takes_from_beside_itself_is_in_the_zip(files: Mapping[str, bytes]) -> None:
    script = text(files, "install.ps1")
    taken = {name.replace("\\", "/") for name in re.findall(r"Join-Path \$PSScriptRoot ['\"]([^'\"]+)", script)}
    assert taken == {"lib", "python", "enrol.toml", "tasks/$name.xml"}, "what $PSScriptRoot leads to has changed"
    copied = re.search(
        r"foreach \(\$name in (.+)\) \{\s+Copy-Item -LiteralPath \(Join-Path \$PSScriptRoot \$name", script
    )
    assert copied is not None
    needed = {*re.findall(r"'([^']+)'", copied[1]), *(f"tasks/{task}.xml" for task in TASKS), "lib/__main__.py"}
    assert needed <= files.keys()
    assert re.findall(r"\$Tasks = (.+)", script)[0].split(", ") == ["'enrol'", "'collect'", "'deliver'\r"]


def test_what_runs_on_windows_is_ascii_with_its_line_ends(files: Mapping[str, bytes]) -> None:
    """Windows PowerShell reads a file without a mark in the machine's code page; cmd.exe loses labels without CR."""
    for name in ("install.ps1", "uninstall.ps1", "detect.ps1", "run-task.cmd", "setapart-agent.cmd"):
        assert files[name].isascii(), name
        assert files[name].count(b"\r\n") == files[name].count(b"\n"), name
        assert files[name].count(b"\r") == files[name].count(b"\n"), name


def test_scripts_bear_the_version_that_they_install_and_look_for(files: Mapping[str, bytes]) -> None:
    assert "$Version = '1.2.3'" in text(files, "install.ps1")
    assert '-ne "setapart-agent, version $Version"' in text(files, "detect.ps1")
    assert [name for name, raw in files.items() if not name.startswith("lib/") and b"@VERSION@" in raw] == []


@pytest.mark.needs("package-index")
def test_compiled_libraries_are_for_64_bit_windows_and_for_every_python(tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    built, bill = windows.build(RELEASE, tmp_path, tmp_path / "scratch", REPOSITORY / "build" / "wheels")
    assert (built.name, bill.name) == tuple(
        f"setapart-agent-1.2.3-windows-amd64.{kind}" for kind in ("zip", "cdx.json")
    )
    with zipfile.ZipFile(built) as archive:
        compiled = {name: archive.read(name) for name in archive.namelist() if name.endswith((".pyd", ".dll", ".so"))}
    assert {machine_of(raw) for raw in compiled.values()} == {0x8664}
    names = {name.rpartition("/")[2] for name in compiled}
    for python in PYTHONS:
        tag = f"cp{python.replace('.', '')}-win_amd64.pyd"
        assert {f"_cffi_backend.{tag}", f"_core.{tag}"} <= names
    assert {"_rust.pyd", "_psutil_windows.pyd"} <= names
    assert '"name": "cryptography"' in bill.read_text("utf-8")


def machine_of(raw: bytes) -> int:
    """For which processor a PE file is: the first field of its COFF header (Microsoft, "PE Format")."""
    (header,) = struct.unpack_from("<I", raw, 0x3C)
    assert raw[header : header + 4] == b"PE\0\0"
    (machine,) = struct.unpack_from("<H", raw, header + 4)
    return int(machine)


# The scripts


@pytest.mark.needs("powershell-grammar")
@pytest.mark.parametrize("name", ["install.ps1", "uninstall.ps1", "detect.ps1"])
def test_a_grammar_of_powershell_reads_the_whole_script(name: str, files: Mapping[str, bytes]) -> None:
    assert misread(files[name]) == []
    assert misread(files[name].replace(b"try {", b"try", 1)) != [], "the grammar takes anything"


def misread(script: bytes) -> list[int]:
    """The lines that the grammar can't read."""
    import tree_sitter
    import tree_sitter_powershell

    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    nodes, found = [parser.parse(script).root_node], []
    while nodes:
        node = nodes.pop()
        if node.type == "ERROR" or node.is_missing:
            found.append(node.start_point[0] + 1)
        nodes += node.children
    return found


@pytest.mark.parametrize("name", ["install.ps1", "uninstall.ps1"])
def test_a_script_ends_with_codes_that_intune_knows_and_leaves_its_32_bits(
    name: str, files: Mapping[str, bytes]
) -> None:
    script = text(files, name)
    assert set(re.findall(r"exit (\d+)", script)) == {"0", "1603", "1618"}
    assert "Sysnative\\WindowsPowerShell" in script
    for guard in ("Set-StrictMode -Version Latest", "$ErrorActionPreference = 'Stop'", "SupportsShouldProcess"):
        assert guard in script
    # A hash table would reach the other process as -RemoveState:True, which -File takes for a text.
    assert "@PSBoundParameters" not in script
    # Under 'Stop', Windows PowerShell throws whatever a program writes to a redirected standard error.
    assert "2>" not in script


def test_tasks_that_an_installation_stopped_run_again_if_it_fails(files: Mapping[str, bytes]) -> None:
    body = re.search(r"(?s)function Install-Agent \{.*?\n\}", text(files, "install.ps1"))
    assert body is not None
    assert re.search(r"(?s)Suspend-Task\s+try \{.*\}\s+catch \{\s+Resume-Task[^}]*throw\s+\}", body[0])


def test_detection_writes_to_standard_output_only_where_it_ends_with_0(files: Mapping[str, bytes]) -> None:
    script = text(files, "detect.ps1")
    assert script.count("Write-Output") == 1
    assert re.search(r"Write-Output \"setapart-agent \$Version\"\r\n +exit 0", script)
    assert set(re.findall(r"exit (\d)", script)) == {"0", "1"}


def test_each_task_is_known_to_what_it_runs_and_each_label_exists(files: Mapping[str, bytes]) -> None:
    script = text(files, "run-task.cmd")
    labels = set(re.findall(r"^:(\w+)\r$", script, re.MULTILINE))
    assert set(re.findall(r"goto (\w+)", script)) | set(re.findall(r"call :(\w+)", script)) == labels
    assert set(re.findall(r'if "%~1"=="(\w+)" goto \1', script)) == set(TASKS)


# The state folder's rights


@dataclass(frozen=True)
class Entry:
    """An entry of an access control list in SDDL (MS-DTYP 2.5.1): all of ours allow."""

    flags: frozenset[str]
    rights: int
    who: str


_RIGHTS = {"FA": 0x1F01FF, "RC": 0x20000}
_WHO = {"SY": SYSTEM, "BA": ADMINISTRATORS}
ADD_FILE, ADD_FOLDER, DELETE, WRITE_DAC, WRITE_OWNER = 0x2, 0x4, 0x10000, 0x40000, 0x80000


@pytest.fixture(scope="module")
def rights(files: Mapping[str, bytes]) -> dict[str, list[Entry]]:
    """The entries of `$Closed` and `$StateRights`."""
    script = text(files, "install.ps1")
    values = dict(re.findall(r"^\$(Deliver|Closed|StateRights) = ['\"](.+)['\"]\r$", script, re.MULTILINE))
    for name in ("Deliver", "Closed"):
        values["StateRights"] = values["StateRights"].replace(f"${name}", values[name])
    found = {}
    for name in ("Closed", "StateRights"):
        head, _, entries = values[name].partition("(")
        assert head == "O:BAG:BAD:PAI", "protected: nothing is inherited from ProgramData, where everybody may write"
        found[name] = [_entry(raw) for raw in re.findall(r"([^()]+)\)", entries)]
    return found


def _entry(raw: str) -> Entry:
    kind, flags, rights, kind_of_object, inherited, who = raw.split(";")
    assert (kind, kind_of_object, inherited) == ("A", "", "")
    mask = _RIGHTS[rights] if rights in _RIGHTS else int(rights, 16)
    return Entry(frozenset(re.findall("..", flags)), mask, _WHO.get(who, who))


def task_sid(name: str) -> str:
    r"""`NT TASK\NAME`: SHA-1 of the name in capitals as UTF-16, as of services (MS-DTYP 2.4.2.4)."""
    words = struct.unpack("<5I", hashlib.sha1(name.upper().encode("utf-16-le"), usedforsecurity=False).digest())
    return "-".join(("S-1-5-87", *map(str, words)))


def test_the_sid_of_a_task_is_made_as_windows_makes_it() -> None:
    """As Windows has put it into the rights of a task of its own."""
    known = "S-1-5-87-2912274048-3994893941-1669128114-1310430903-1263774323"
    assert task_sid("Microsoft-Windows-SoftwareProtectionPlatform-SvcRestartTask") == known


def test_the_state_is_for_system_administrators_and_the_task_that_delivers(rights: dict[str, list[Entry]]) -> None:
    assert {entry.who for entry in rights["StateRights"]} == {
        SYSTEM, ADMINISTRATORS, OWNER_RIGHTS, task_sid("setapart-deliver")
    }  # fmt: skip
    assert {entry.who for entry in rights["Closed"]} == {SYSTEM, ADMINISTRATORS, OWNER_RIGHTS}
    for entries in rights.values():
        full = [entry.who for entry in entries if entry.rights == _RIGHTS["FA"]]
        assert full == [SYSTEM, ADMINISTRATORS]


def test_who_delivers_can_make_no_folder_remove_none_and_change_no_rights(rights: dict[str, list[Entry]]) -> None:
    folders, in_folders = (entry for entry in rights["StateRights"] if entry.who == task_sid("setapart-deliver"))
    assert folders.flags == {"CI"}
    assert folders.rights & ADD_FILE
    assert not folders.rights & (ADD_FOLDER | DELETE | WRITE_DAC | WRITE_OWNER)
    assert in_folders.flags == {"OI", "IO"}
    assert in_folders.rights & (ADD_FILE | DELETE) == ADD_FILE | DELETE
    assert not in_folders.rights & (WRITE_DAC | WRITE_OWNER)


def test_an_owner_as_such_can_change_no_rights(rights: dict[str, list[Entry]]) -> None:
    """What the task makes belongs to LOCAL SERVICE, which is many other services' account."""
    for entries in rights.values():
        (entry,) = (entry for entry in entries if entry.who == OWNER_RIGHTS)
        assert (entry.flags, entry.rights) == ({"OI", "CI"}, _RIGHTS["RC"])


# The tasks

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
def test_a_task_keeps_to_microsofts_schema(name: str, files: Mapping[str, bytes]) -> None:
    assert list(strays(task(files, name), SCHEMA, "Task")) == []


def test_a_task_that_strays_from_the_schema_is_found(files: Mapping[str, bytes]) -> None:
    whole = files["tasks/deliver.xml"].decode("utf-16")
    wrong = whole.replace("PT5M", "5 minutes").replace("IgnoreNew", "Ignore").replace(">false<", ">no<", 1)
    start = re.findall(r"\s+<StartBoundary>.*</StartBoundary>", wrong)[0]
    wrong = wrong.replace(start, "", 1).replace("</RandomDelay>", f"</RandomDelay>{start}", 1)
    root = ET.fromstring(wrong.encode("utf-16"))
    assert len(list(strays(root, SCHEMA, "Task"))) == 4


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_written_as_schtasks_reads_it(name: str, files: Mapping[str, bytes]) -> None:
    raw = files[f"tasks/{name}.xml"]
    assert raw.startswith(codecs.BOM_UTF16_LE)
    assert raw.decode("utf-16").startswith('<?xml version="1.0" encoding="UTF-16"?>\r\n')


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_made_up_for_bounded_and_never_runs_twice_at_once(name: str, files: Mapping[str, bytes]) -> None:
    root = task(files, name)
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


def test_what_collects_and_what_speaks_with_the_network_are_not_one_account(files: Mapping[str, bytes]) -> None:
    principals = dict.fromkeys(TASKS, f"{TASK}Principals/{TASK}Principal/{TASK}")
    users = {name: task(files, name).findtext(f"{path}UserId") for name, path in principals.items()}
    assert users == {"collect": SYSTEM, "enrol": SYSTEM, "deliver": LOCAL_SERVICE}
    deliver, path = task(files, "deliver"), principals["deliver"]
    assert deliver.findtext(f"{path}RunLevel") == "LeastPrivilege"
    assert deliver.findtext(f"{path}ProcessTokenSidType") == "Unrestricted", "its process would lack the task's SID"
    # LOCAL SERVICE may impersonate whoever connects to it: with that it could become SYSTEM.
    privileges = [element.text for element in deliver.iter(f"{TASK}Privilege")]
    assert privileges == ["SeChangeNotifyPrivilege"]


# The policies


def policies(files: Mapping[str, bytes], name: str) -> ET.Element:
    return ET.fromstring(files[f"policy/{name}"])


def test_every_text_that_the_template_names_is_in_the_language_file_and_no_other(files: Mapping[str, bytes]) -> None:
    template, language = policies(files, "setapart.admx"), policies(files, "en-US/setapart.adml")
    values = " ".join(value for element in template.iter() for value in element.attrib.values())
    named = {kind: set(re.findall(rf"\$\({kind}\.(\w+)\)", values)) for kind in ("string", "presentation")}
    present = {kind: [element.get("id") for element in language.iter(f"{POLICY}{kind}")] for kind in named}
    assert {kind: sorted(ids) for kind, ids in named.items()} == {kind: sorted(ids) for kind, ids in present.items()}  # type: ignore[type-var]
    assert all((element.text or "").strip() for element in language.iter(f"{POLICY}string"))


def test_every_box_of_a_presentation_is_an_element_of_its_policy_and_the_other_way_round(
    files: Mapping[str, bytes],
) -> None:
    language = policies(files, "en-US/setapart.adml")
    boxes = {
        presentation.get("id"): [box.get("refId") for box in presentation]
        for presentation in language.iter(f"{POLICY}presentation")
    }
    asked = {
        (policy.get("presentation") or "")[len("$(presentation.") : -1]: [
            element.get("id") for element in policy.find(f"{POLICY}elements") or ()
        ]
        for policy in policies(files, "setapart.admx").iter(f"{POLICY}policy")
    }
    assert asked == boxes


def test_what_a_policy_refers_to_is_defined_in_the_template(files: Mapping[str, bytes]) -> None:
    """Without `using`, so that Intune takes the template alone."""
    template = policies(files, "setapart.admx")
    assert template.find(f"{POLICY}policyNamespaces/{POLICY}using") is None
    for kind, defined in (("parentCategory", "category"), ("supportedOn", "definition")):
        names = {element.get("name") for element in template.iter(f"{POLICY}{defined}")}
        referred = {element.get("ref") for element in template.iter(f"{POLICY}{kind}")} - {None}
        assert referred == names


def test_the_agent_reads_what_the_template_writes(files: Mapping[str, bytes]) -> None:
    written = set()
    for policy in policies(files, "setapart.admx").iter(f"{POLICY}policy"):
        assert policy.get("class") == "Machine", "a user could enrol the machine"
        assert policy.get("key") == windows_policy.KEY
        for element in policy.find(f"{POLICY}elements") or ():
            assert element.tag == f"{POLICY}text"
            assert (element.get("required"), element.get("expandable")) == ("true", None)
            written.add(element.get("valueName"))
    assert written == {windows_policy.TOKEN_VALUE, windows_policy.URL_VALUE}


def test_files_of_a_template_have_the_order_that_its_schema_wants(files: Mapping[str, bytes]) -> None:
    """MS-GPREG, "ADMX syntax": sequences of `policyDefinitions`, `policyDefinitionResources` and `policy`."""
    template, language = policies(files, "setapart.admx"), policies(files, "en-US/setapart.adml")

    def inside(element: ET.Element) -> list[str]:
        return [child.tag.removeprefix(POLICY) for child in element]

    assert inside(template) == ["policyNamespaces", "resources", "supportedOn", "categories", "policies"]
    assert inside(language) == ["displayName", "description", "resources"]
    assert inside(language[2]) == ["stringTable", "presentationTable"]
    for policy in template.iter(f"{POLICY}policy"):
        assert inside(policy) == ["parentCategory", "supportedOn", "elements"]


def test_the_guide_names_the_policies_values_and_files(files: Mapping[str, bytes]) -> None:
    guide = (REPOSITORY / "docs" / "install" / "agent-windows.md").read_text("utf-8")
    for word in (windows_policy.KEY, windows_policy.TOKEN_VALUE, windows_policy.URL_VALUE, *TASKS):
        assert f"`{word}`" in guide or f"\\{word}`" in guide, word
    for name in files:
        if "/" not in name and name.endswith((".ps1", ".cmd")):
            assert f"`{name}`" in guide, name
