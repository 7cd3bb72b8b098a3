import pytest

from setapart_agent.collectors.android.parse.android_user import AndroidUser, united, user_of


@pytest.mark.parametrize(
    ("flags", "kind"),
    [
        (0x4C12, "primary"),
        (0x13, "secondary"),
        (0x413, "secondary"),
        (0x10, "secondary"),
        (0x30, "work"),
        (0x1030, "work"),
        (0x10021030, "private-space"),
        (0x10061030, "private-space"),
        (0x61010, "private-space"),
        (0x4001010, "clone"),
        (0x4000030, "clone"),
        (0x4000410, "clone"),
        (0x20001010, "clone"),
        (0x20000030, "clone"),
        (0x800010, "clone"),
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
        ("profile.SUPERVISING", "secondary"),
        ("profile.COMMUNAL", "secondary"),
        ("profile.MultiApp", "clone"),
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


def test_user_zero_is_primary_by_any_flags() -> None:
    for flags in (0x13, 0xC13, 0x4C13, 0x800, 0x20000013):
        assert AndroidUser(id="0", flags=flags).kind == "primary"


def test_the_makers_bits_go_before_the_type() -> None:
    assert AndroidUser(id="150", type="profile.MANAGED", flags=0x10061030).kind == "private-space"
    assert AndroidUser(id="95", type="profile.MANAGED", flags=0x20001010).kind == "clone"


def test_the_owner_of_a_tablet_whose_system_user_is_nobody_is_primary() -> None:
    assert AndroidUser(id="10", type="full.SECONDARY", flags=0x4412).kind == "primary"
    assert AndroidUser(id="11", type="full.SECONDARY", flags=0x410).kind == "secondary"


def test_flags_that_one_command_names_are_joined_with_those_that_another_prints() -> None:
    (user,) = united((AndroidUser(id="999", flags=0x1000), AndroidUser(id="999", flags=0x801010)))
    assert user.flags == 0x801010


def test_united_users_are_sorted_by_number_and_filled_from_each_other() -> None:
    users = united(
        (AndroidUser(id="150"), AndroidUser(id="10", flags=0x1030), AndroidUser(id="10", type="profile.MANAGED"))
    )
    assert users == (AndroidUser(id="10", flags=0x1030, type="profile.MANAGED"), AndroidUser(id="150"))


def test_an_id_in_digits_of_another_script_is_one_that_commands_take() -> None:
    """Whatever a name with a line feed in it makes of the list of users."""
    user = user_of("\tUserInfo{\u0661\u0660:x:1030} running")
    assert user is not None
    assert user.id == "10"
