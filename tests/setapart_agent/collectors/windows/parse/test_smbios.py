import pytest

from setapart_agent.collectors.windows.parse import smbios
from setapart_agent.errors import ParseError
from setapart_agent.facts import DeviceFacts
from windows_files import structure, tables


def test_system_and_case_are_read() -> None:
    raw = tables(
        structure(0, bytes(14), "vendor"),
        structure(1, bytes((1, 2, 0, 3)) + bytes(16), "Maker", "Model 5", "S123"),
        structure(3, bytes((1, 0x80 | 10)), "Maker"),
    )
    assert smbios.device_facts(raw) == DeviceFacts(
        manufacturer="Maker", model="Model 5", serial="S123", form_factor="laptop"
    )


def test_placeholders_and_missing_strings_are_unknown() -> None:
    raw = tables(structure(1, bytes((1, 9, 0, 2)), "To be filled by O.E.M.", "Default string"), structure(3, b"\1"))
    assert smbios.device_facts(raw) == DeviceFacts()


def test_tables_that_are_cut_off_are_told_or_say_less() -> None:
    raw = tables(structure(1, bytes((1, 2, 0, 3)) + bytes(16), "Maker", "Model", "S123"))
    for length in range(len(raw)):
        try:
            found = smbios.device_facts(raw[:length])
        except ParseError:
            continue
        assert found.serial in (None, "S123")


def test_nothing_at_all_is_refused() -> None:
    with pytest.raises(ParseError):
        smbios.device_facts(b"")
