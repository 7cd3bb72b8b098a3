"""One machine through every reader: a hive, an export and the running registry tell the same of it."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fake_winreg import FakeWinreg
from registry_maker import at, hive, merged, reg_text, utf16
from setapart_agent.collectors.windows import machine_hive, user_hive
from setapart_agent.collectors.windows.live import LiveKey
from setapart_agent.collectors.windows.registry_file import RegistryFile, UserPart, machine_facts, user_facts
from setapart_agent.facts import Facts, FileSet
from windows_tree import ADA, UNINSTALL, VERSION

# What Windows itself refuses in names of keys is left out; so are NULs, which end a text.
_NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\\\0\r\n[]"), min_size=1, max_size=12).filter(
    lambda name: name == name.strip() and name.upper().lower() == name.lower()
)
_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=20)
_ADDRESSES = st.sampled_from(["ada@agency.example", "ada@mail.example", "nobody", ""])
_PROGRAMS = st.dictionaries(
    _NAMES,
    st.fixed_dictionaries({"DisplayName": _TEXTS}, optional={"DisplayVersion": _TEXTS, "SystemComponent": st.just(1)}),
    max_size=4,
)
_ACCOUNTS = st.dictionaries(
    st.sampled_from(["00000001", "00000002", "0000000a"]),
    st.fixed_dictionaries(
        {
            "clsid": st.sampled_from(
                ["{ED475411-B0D6-11D2-8C3B-00104B2A6676}", "{ED475414-B0D6-11D2-8C3B-00104B2A6676}", "x"]
            ),
            "Email": _ADDRESSES.map(lambda address: utf16(f"{address}\0")),
        },
        optional={"Service Name": st.sampled_from(["MSEMS", "CONTAB"]), "POP3 Server": st.just("pop.agency.example")},
    ),
    max_size=3,
)
_DRIVES = st.dictionaries(st.sampled_from("XYZ"), st.fixed_dictionaries({"RemotePath": st.just(r"\\files\x")}))


@st.composite
def users(draw: st.DrawFn) -> dict[str, Any]:
    profile = r"Microsoft\Office\16.0\Outlook\Profiles\Outlook\9375CFF0413111d3B88A00104B2A6676"
    software = merged(at(UNINSTALL, draw(_PROGRAMS)), at(profile, draw(_ACCOUNTS)))
    return {"Software": software, "Network": draw(_DRIVES)}


@st.composite
def machines(draw: st.DrawFn) -> dict[str, Any]:
    version = {"ProductName": "Windows 10 Pro", "CurrentBuild": draw(st.sampled_from(["19045", "22631"]))}
    return merged(at(UNINSTALL, draw(_PROGRAMS)), at(VERSION, version))


def parsed(kind: Any, raw: bytes) -> Facts:
    found = kind.parse(FileSet(files={"main": raw}, profile=ADA))
    assert isinstance(found, Facts)
    return found


def sorted_facts(facts: Facts) -> tuple[object, ...]:
    """The same without regard to order: a hive is sorted, an export and the running system need not be."""
    return (
        facts.device,
        *(
            sorted(map(repr, part))
            for part in (facts.profiles, facts.apps, facts.accounts, facts.links, facts.coverage)
        ),
    )


@settings(max_examples=60, deadline=None)
@given(tree=users(), lists=st.sampled_from(["lf", "lh", "li", "ri"]))
def test_a_user(tree: dict[str, Any], lists: str) -> None:
    fake = FakeWinreg({}, {ADA: tree})
    running = user_facts(UserPart(profile=ADA, root=LiveKey(fake, fake.HKEY_USERS, ADA)))
    offline = sorted_facts(parsed(user_hive, hive(tree, lists=lists)))
    assert offline == sorted_facts(parsed(user_hive, reg_text(tree))) == sorted_facts(running)


@settings(max_examples=40, deadline=None)
@given(tree=machines())
def test_the_machine(tree: dict[str, Any]) -> None:
    fake = FakeWinreg({"SOFTWARE": tree}, {})
    running = machine_facts(RegistryFile(software=LiveKey(fake, fake.HKEY_LOCAL_MACHINE, "SOFTWARE")))
    offline = sorted_facts(parsed(machine_hive, hive(tree)))
    exported = sorted_facts(parsed(machine_hive, reg_text(tree, r"HKEY_LOCAL_MACHINE\SOFTWARE")))
    assert offline == exported == sorted_facts(running)
