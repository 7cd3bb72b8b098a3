import pytest

from setapart_agent.collectors.android.parse.android_user import AndroidUser, united, user_of


@pytest.mark.parametrize(
    ("flags", "kind"),
    [
        (0x4C13, "primary"),
        (0x13, "primary"),
        (0x10, "secondary"),
        (0x30, "work"),
        (0x1030, "work"),
        (0x10061030, "work"),
        (0x14, "guest"),
        (0x1010, "clone"),
        (0x801010, "clone"),
        (0x80001810, "clone"),
        (0x18, "secondary"),
    ],
)
def test_kind_comes_from_the_flags_bit_by_bit(flags: int, kind: str) -> None:
    assert AndroidUser(id="77", flags=flags).kind == kind


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("android.os.usertype.full.SYSTEM", "primary"),
        ("full.SECONDARY", "secondary"),
        ("full.GUEST", "guest"),
        ("profile.MANAGED", "work"),
        ("android.os.usertype.profile.CLONE", "clone"),
        ("profile.PRIVATE", "private-space"),
        ("profile.SUPERVISING", "clone"),
    ],
)
def test_type_decides_before_flags(type_: str, kind: str) -> None:
    assert AndroidUser(id="10", type=type_, flags=0x13).kind == kind


@pytest.mark.parametrize("number", ["10", "95", "150", "900", "999"])
def test_the_number_alone_tells_nothing(number: str) -> None:
    assert AndroidUser(id=number).kind == "secondary"


def test_user_zero_without_flags_is_the_primary_user() -> None:
    assert AndroidUser(id="0").kind == "primary"


@pytest.mark.parametrize("name", ["Owner", "机主", "a:b", "x}y", "x:13} UserInfo", "", "null"])
def test_any_name_can_stand_between_id_and_flags(name: str) -> None:
    user = user_of(f"\tUserInfo{{10:{name}:1030}} running")
    assert (user.id, user.flags) == ("10", 0x1030)
    assert user.name == (None if name in ("", "null") else name)


def test_united_users_are_sorted_by_number_and_filled_from_each_other() -> None:
    users = united(
        (AndroidUser(id="150"), AndroidUser(id="10", flags=0x1030), AndroidUser(id="10", type="profile.MANAGED"))
    )
    assert users == (AndroidUser(id="10", flags=0x1030, type="profile.MANAGED"), AndroidUser(id="150"))
