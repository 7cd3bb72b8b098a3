import pytest

from android_transcripts import getprop as printed
from setapart_agent.collectors.android.parse import getprop
from setapart_agent.errors import ParseError
from setapart_agent.facts import DeviceFacts, FileSet


def test_properties_of_a_phone() -> None:
    output = printed(
        ro__build__version__security_patch="2026-01-05",
        ro__product__manufacturer="Example",
        ro__product__model="Phone 1",
        ro__build__characteristics="default",
        ro__serialno="ABC123",
    )
    assert getprop.parse(FileSet(files={"main": output.replace("\n", "\r\n").encode()})).device == DeviceFacts(
        platform="android",
        os_version="14",
        os_api_level=34,
        patch_level="2026-01-05",
        manufacturer="Example",
        model="Phone 1",
        form_factor="phone",
        serial="ABC123",
    )


@pytest.mark.parametrize(
    ("characteristics", "form_factor"),
    [
        ("tablet", "tablet"),
        ("tablet,nosdcard", "tablet"),
        ("tv", "tv"),
        ("watch", "other"),
        ("nosdcard", "phone"),
        ("", "phone"),
    ],
)
def test_form_factor(characteristics: str, form_factor: str) -> None:
    assert getprop.read(printed(ro__build__characteristics=characteristics)).form_factor == form_factor


def test_only_the_whole_key_counts() -> None:
    output = (
        "[ro.humane.build.version.release]: [99]\n[ro.build.version.release]: [9.1]\n[ro.build.version.sdk]: [25]\n"
    )
    device = getprop.read(output)
    assert (device.os_version, device.os_api_level, device.form_factor) == ("9.1", 25, None)


@pytest.mark.parametrize("level", ["", "x", "-1", "٣٤", "9" * 5000])
def test_an_api_level_that_is_no_number_is_unknown(level: str) -> None:
    assert getprop.read(printed(ro__build__version__sdk=level)).os_api_level is None


def test_the_boot_serial_stands_in_where_the_other_is_hidden() -> None:
    assert getprop.read(printed(ro__serialno="", ro__boot__serialno="XYZ")).serial == "XYZ"
    assert getprop.read(printed(ro__serialno="unknown")).serial is None


@pytest.mark.parametrize("output", ["", "error: closed\n", "[broken\n"])
def test_no_property_is_an_error_of_ours(output: str) -> None:
    with pytest.raises(ParseError):
        getprop.read(output)


def test_recognised_by_its_first_property() -> None:
    assert getprop.recognise("", b"\r\n[ro.a.b]: [c]\r\n")
    assert not getprop.recognise("", b"[section]\nkey = value\n")
