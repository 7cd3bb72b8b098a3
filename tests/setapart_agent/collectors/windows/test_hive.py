import struct
import sys

import pytest

from registry_maker import BASE, Expand, Qword, Raw, hive, utf16, walk
from setapart_agent.collectors.windows.hive import hive_name, is_hive, open_hive
from setapart_agent.collectors.windows.parse.registry_key import Data
from setapart_agent.errors import ParseError

TREE = {
    "Software": {
        "Größe": {"": "default", "text": "x", "числo": 7, "long": bytes(range(256)) * 256},
        "Тест": {"e": Expand("%x%"), "m": ("a", "b"), "q": Qword(1 << 40), "empty": b""},
        "a": {"a": {"a": {}}},
    },
    "z": {"inline": b"\1\2\3"},
}


def everything(raw: bytes) -> dict[tuple[str, str], Data]:
    return {(path, name): data for path, name, data in walk(open_hive(raw)[0])}


@pytest.mark.parametrize("lists", ["lf", "lh", "li", "ri"])
def test_keys_and_values_of_every_kind_are_read(lists: str) -> None:
    key, doubt = open_hive(hive(TREE, lists=lists, name=r"\??\C:\Users\ada\ntuser.dat"))
    assert doubt is None
    assert [child.name for child in key] == ["Software", "z"]
    found = everything(hive(TREE, lists=lists))
    assert found["ROOT/Software/Größe", ""] == "default"
    assert found["ROOT/Software/Größe", "числo"] == 7
    assert found["ROOT/Software/Größe", "long"] == bytes(range(256)) * 256
    assert found["ROOT/Software/Тест", "e"] == "%x%"
    assert found["ROOT/Software/Тест", "m"] == ("a", "b")
    assert found["ROOT/Software/Тест", "q"] == 1 << 40
    assert found["ROOT/Software/Тест", "empty"] == b""
    assert found["ROOT/z", "inline"] == b"\1\2\3"
    assert ("ROOT/Software/a/a/a", "") in found


def test_a_long_value_of_an_old_hive_stands_in_one_cell() -> None:
    assert everything(hive({"v": bytes(40_000)}, minor=3))["ROOT", "v"] == bytes(40_000)


def test_a_value_that_begins_like_a_list_of_parts_is_none_when_it_is_short() -> None:
    assert everything(hive({"v": b"db" + bytes(100)}))["ROOT", "v"] == b"db" + bytes(100)


def test_the_name_that_a_hive_carries_may_end_in_half_a_letter() -> None:
    raw = hive({}, name="x" * 30 + "\U0001f600")
    assert hive_name(raw) == "x" * 30 + "\U0001f600"
    cut = bytearray(hive({}, name="x" * 31 + "\U0001f600"))
    assert hive_name(bytes(cut)) == "x" * 31 + "\ufffd"
    assert open_hive(bytes(cut))[0].name == "ROOT"


def test_half_a_surrogate_pair_in_names_and_text_does_no_harm() -> None:
    found = everything(hive({"k\ud83d": {"v\ud83d": "t\ud83d"}}))
    assert found["ROOT/k\ufffd", "v\ufffd"] == "t\ufffd"


def test_types_of_wrong_length_stay_bytes() -> None:
    found = everything(hive({"n": Raw((4, b"\1\2")), "q": Raw((11, b"\1")), "s": Raw((1, b"a"))}))
    assert (found["ROOT", "n"], found["ROOT", "q"], found["ROOT", "s"]) == (b"\1\2", b"\1", "")


@pytest.mark.parametrize("raw", [b"", b"regf", b"MZ" * 5000, b"regf" + bytes(BASE)])
def test_another_file_is_no_hive(raw: bytes) -> None:
    with pytest.raises(ParseError):
        open_hive(raw)


def test_a_transaction_log_is_no_hive() -> None:
    raw = bytearray(hive({}))
    struct.pack_into("<I", raw, 28, 6)
    assert not is_hive(bytes(raw))


def test_a_hive_that_is_cut_off_anywhere_ends_in_our_error_or_whole() -> None:
    whole = hive(TREE)
    expected = everything(whole)
    for length in range(0, len(whole), 61):
        try:
            found = everything(whole[:length])
        except ParseError:
            continue
        assert found == expected  # only what no key needs was missing


def test_damage_to_any_word_ends_in_our_error_or_in_other_facts() -> None:
    whole = hive(TREE, lists="ri")
    for at in range(BASE, len(whole), 4):
        for word in (0x20, 0xFFFFFFFF, 0x7FFFFFFF, 0xFFFFFFF0):
            broken = bytearray(whole)
            struct.pack_into("<I", broken, at, word)
            try:
                everything(bytes(broken))
            except ParseError:
                continue
        if at > BASE + 2200:
            break  # the rest is the long value


def _cells(raw: bytes, signature: bytes) -> list[int]:
    """The offsets of the cells that begin with a signature."""
    at, found = BASE + 32, []
    while at < len(raw):
        (size,) = struct.unpack_from("<i", raw, at)
        if size < 0 and raw[at + 4 : at + 4 + len(signature)] == signature:
            found.append(at - BASE)
        at += abs(size) or len(raw)
    return found


def test_every_reference_to_a_key_may_be_turned_to_every_other_key() -> None:
    """Loops to the root, to a parent and to itself, and keys that stand in two places."""
    whole = hive(TREE)
    nodes = _cells(whole, b"nk")
    assert len(nodes) == 8
    for listing in _cells(whole, b"lh"):
        (count,) = struct.unpack_from("<H", whole, BASE + listing + 6)
        for element in range(count):
            at = BASE + listing + 8 + 8 * element
            for target in nodes:
                if struct.unpack_from("<I", whole, at)[0] == target:
                    continue
                broken = bytearray(whole)
                struct.pack_into("<I", broken, at, target)
                with pytest.raises(ParseError):
                    everything(bytes(broken))


def test_of_two_keys_of_one_name_neither_hides_the_other_in_silence() -> None:
    whole = hive({"Uninstall": {"seen": 1}, "uninstalX": {"hidden": 1}, "z": {}})
    at = whole.index(b"uninstalX")
    key, _ = open_hive(whole[:at] + b"uninstalL" + whole[at + 9 :])
    assert list(key.children()) == ["z"]
    with pytest.raises(ParseError):
        key.child("Uninstall")
    with pytest.raises(ParseError):
        list(key)


def test_of_two_values_of_one_name_neither_hides_the_other_in_silence() -> None:
    whole = hive({"UserEmail": "ada@agency.example", "userEmaiX": "", "z": 1})
    at = whole.index(b"userEmaiX")
    key, _ = open_hive(whole[:at] + b"userEmaiL" + whole[at + 9 :])
    assert key.values() == {"z": 1}
    with pytest.raises(ParseError):
        key.text("UserEmail")


def test_a_list_of_lists_that_names_itself_is_told() -> None:
    whole = bytearray(hive({"a": {}, "b": {}}, lists="ri"))
    (listing,) = _cells(bytes(whole), b"ri")
    struct.pack_into("<I", whole, BASE + listing + 8, listing)
    with pytest.raises(ParseError):
        everything(bytes(whole))


@pytest.mark.parametrize("count", [2, 4, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_number_of_keys_or_values_that_is_not_true_is_told(count: int) -> None:
    for field in (20, 36):  # subkey count, value count
        raw = bytearray(hive({"a": {}, "b": {}, "c": {}, "x": 1, "y": 2, "z": 3}))
        node = BASE + _cells(bytes(raw), b"nk")[0] + 4
        struct.pack_into("<I", raw, node + field, count)
        if field == 36 and count == 2:
            assert len(open_hive(bytes(raw))[0].values()) == 2  # fewer values are what the hive then says
            continue
        with pytest.raises(ParseError):
            everything(bytes(raw))


@pytest.mark.parametrize("size", [0x7FFFFFFF, 200, 20_000, 1 << 24])
def test_a_value_that_claims_to_be_longer_than_its_cell_is_told(size: int) -> None:
    raw = bytearray(hive({"v": "text that is long enough"}))
    value = BASE + _cells(bytes(raw), b"vk")[0] + 4
    struct.pack_into("<I", raw, value + 4, size)
    with pytest.raises(ParseError):
        everything(bytes(raw))


def test_an_inline_value_has_four_bytes_at_most() -> None:
    raw = bytearray(hive({"v": b"ab"}))
    value = BASE + _cells(bytes(raw), b"vk")[0] + 4
    struct.pack_into("<I", raw, value + 4, 0x80000000 | 200)
    assert everything(bytes(raw))["ROOT", "v"] == b"ab\0\0"


def test_parts_of_a_long_value_that_do_not_add_up_are_told() -> None:
    raw = bytearray(hive({"v": bytes(40_000)}))
    (head,) = _cells(bytes(raw), b"db")
    for count in (0, 1, 2, 4, 0xFFFF):
        broken = bytearray(raw)
        struct.pack_into("<H", broken, BASE + head + 6, count)
        with pytest.raises(ParseError):
            everything(bytes(broken))


def test_keys_nested_without_an_end_are_told() -> None:
    tree: dict[str, object] = {}
    for _ in range(520):
        tree = {"k": tree}
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(5000)  # for the writer; the reader does not recurse
    raw = hive(tree)
    sys.setrecursionlimit(limit)
    with pytest.raises(ParseError, match="deeper"):
        everything(raw)


def test_a_small_hive_that_names_one_value_again_and_again_ends() -> None:
    raw = bytearray(hive({str(number): utf16("x") * 5000 for number in range(4000)}))
    (offset,) = struct.unpack_from("<I", raw, BASE + _cells(bytes(raw), b"nk")[0] + 4 + 40)
    first = struct.unpack_from("<I", raw, BASE + offset + 4)[0]
    for number in range(4000):
        struct.pack_into("<I", raw, BASE + offset + 4 + 4 * number, first)
    key, _ = open_hive(bytes(raw))
    assert list(key.values()) == ["0"]
    assert key.broken_values is None


def test_what_is_whole_beside_something_broken_is_given_and_the_rest_is_told() -> None:
    raw = bytearray(hive({"a": {}, "b": {}, "c": {}, "x": "text of x", "y": "text of y"}))
    broken_key, broken_value = _cells(bytes(raw), b"nk")[2], _cells(bytes(raw), b"vk")[0]
    raw[BASE + broken_key + 4] = ord("z")
    raw[BASE + broken_value + 4] = ord("z")
    key, _ = open_hive(bytes(raw))
    seen: list[str] = []
    with pytest.raises(ParseError):
        seen.extend(child.name for child in key)
    assert seen == ["a", "c"]
    assert key.child("a") is not None
    for lost in ("b", "d"):  # of d nobody knows either
        with pytest.raises(ParseError):
            key.child(lost)
    assert key.text("y") == "text of y"
    assert key.known("x") is None
    with pytest.raises(ParseError):
        key.text("x")


def test_a_small_hive_whose_keys_name_lists_of_nonsense_again_and_again_ends() -> None:
    raw = bytearray(hive({str(number): {} for number in range(3000)}))
    root = BASE + _cells(bytes(raw), b"nk")[0] + 4
    listing = struct.unpack_from("<I", raw, root + 28)[0]
    for at in range(3000):  # every reference leads to the root
        struct.pack_into("<I", raw, BASE + listing + 8 + 8 * at, root - BASE - 4)
    key, _ = open_hive(bytes(raw))
    assert not key.children()
    assert key.broken_keys is not None


def test_a_key_that_leads_to_another_one_is_told() -> None:
    raw = bytearray(hive({"Uninstall": {"SymbolicLinkValue": Raw((6, b"x\0"))}}))
    raw[raw.index(b"Uninstall") - 76 + 2] |= 0x10  # KEY_SYM_LINK
    root, _ = open_hive(bytes(raw))
    with pytest.raises(ParseError):
        list(root.below("Uninstall"))
