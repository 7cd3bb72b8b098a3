import pytest

from setapart_agent.collectors.apple.parse.product import form_factor_of, ios_device


@pytest.mark.parametrize(
    ("product", "form"),
    [
        ("iPhone13,2", "phone"),
        ("iPod9,1", "phone"),
        ("iPad13,4", "tablet"),
        ("AppleTV11,1", "tv"),
        ("MacBookPro18,3", "laptop"),
        ("iMac21,1", "desktop"),
        ("Macmini9,1", "desktop"),
        ("Mac14,2", "other"),
        ("Watch6,1", "other"),
        ("", None),
        (None, None),
    ],
)
def test_the_form_of_a_product(product: str | None, form: str | None) -> None:
    assert form_factor_of(product) == form


def test_a_device_is_apples_and_ios_whatever_else_is_known() -> None:
    found = ios_device(serial=None, version=None, product=None)
    assert (found.platform, found.manufacturer, found.serial) == ("ios", "Apple", None)
