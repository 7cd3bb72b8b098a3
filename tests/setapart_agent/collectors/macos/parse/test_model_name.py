import pytest

from setapart_agent.collectors.macos.parse.model_name import form_factor


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("MacBook Pro", "laptop"),
        ("MacBookAir10,1", "laptop"),
        ("iMac21,1", "desktop"),
        ("Mac mini", "desktop"),
        ("Macmini9,1", "desktop"),
        ("Mac Studio", "desktop"),
        ("Xserve3,1", "server"),
        ("Mac14,2", None),
        ("VMware7,1", None),
        ("", None),
        (None, None),
    ],
)
def test_a_model_tells_the_kind_of_machine_or_nothing(model: str | None, kind: str | None) -> None:
    assert form_factor(model) == kind
