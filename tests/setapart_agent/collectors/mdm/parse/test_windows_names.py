"""Family names: the publisher ids are well known (learn.microsoft.com, Microsoft's own packages)."""

import pytest

from setapart_agent.collectors.mdm.parse.windows_names import family_name, looks_like_package

MICROSOFT = "CN=Microsoft Corporation, O=Microsoft Corporation, L=Redmond, S=Washington, C=US"
WINDOWS = "CN=Microsoft Windows, O=Microsoft Corporation, L=Redmond, S=Washington, C=US"


@pytest.mark.parametrize(
    ("name", "publisher", "family"),
    [
        ("Microsoft.WindowsCalculator", MICROSOFT, "Microsoft.WindowsCalculator_8wekyb3d8bbwe"),
        ("Microsoft.AAD.BrokerPlugin", WINDOWS, "Microsoft.AAD.BrokerPlugin_cw5n1h2txyewy"),
        ("BytedancePte.Ltd.TikTok_6yccndn6064se", None, "BytedancePte.Ltd.TikTok_6yccndn6064se"),
        ("BytedancePte.Ltd.TikTok_1.0.5.0_neutral__6yccndn6064se", None, "BytedancePte.Ltd.TikTok_6yccndn6064se"),
    ],
)
def test_family_names(name: str, publisher: str | None, family: str) -> None:
    assert family_name(name, publisher) == family


@pytest.mark.parametrize(
    ("name", "publisher"),
    [
        ("Microsoft.WindowsCalculator", "Microsoft Corporation"),
        ("Microsoft.WindowsCalculator", None),
        ("7-Zip 23.01 (x64)", "CN=Igor Pavlov"),
        ("A_b_c", None),
        ("", "CN=x"),
    ],
)
def test_what_does_not_tell_the_publisher_gives_no_family(name: str, publisher: str | None) -> None:
    assert family_name(name, publisher) is None


def test_half_a_surrogate_pair_in_a_publisher_is_no_accident() -> None:
    assert family_name("A.B.C", "CN=\ud800") is not None


@pytest.mark.parametrize(
    ("name", "expected"),
    [("BytedancePte.Ltd.TikTok", True), ("7-Zip 23.01 (x64)", False), ("Telegram Desktop", False), ("4.5.6", False)],
)
def test_a_package_name_looks_like_one(name: str, *, expected: bool) -> None:
    assert looks_like_package(name) is expected
