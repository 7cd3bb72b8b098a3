"""JSON that two readers could understand differently."""

import json
import sys
import threading

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setapart_evidence import strict_json
from setapart_evidence.errors import EvidenceError, InventoryError


def _check(raw: bytes, nesting: int = 32) -> None:
    strict_json.check(raw, nesting=nesting, error=InventoryError, what="thing")


@pytest.mark.parametrize(
    "raw",
    [
        b"{}",
        b"[]",
        b" null ",
        b'"\\ud83d\\ude00"',
        b'"\\\\ud83d"',  # a backslash and five letters: no escape
        b'"\\uD83D\\uDE00\\\\"',
        b'{"a":{"a":1},"b":[{"a":1},{"a":1}]}',
        b"9007199254740991",
        b"-9007199254740991",
        b"-0",
        b"1e308",
        b"-1.5e-300",
        b"1E+2",
        '"é📱"'.encode(),
        b'"\\u0000"',
    ],
)
def test_plain_json_passes(raw: bytes) -> None:
    _check(raw)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b'{"a":1,"a":1}', "'a' stands twice"),
        (b'[{"b":{"a":1,"\\u0061":2}}]', "'a' stands twice"),
        (b'{"":1,"":1}', "'' stands twice"),
        (b'{"\\u202e":1,"\\u202e":1}', r"\\u202e"),
        (b"NaN", "NaN"),
        (b"[Infinity]", "Infinity"),
        (b'{"a":-Infinity}', "-Infinity"),
        (b"1e999", "1e999"),
        (b"-1e999", "-1e999"),
        (b"9007199254740992", "9007199254740992"),
        (b"-9007199254740992", "-9007199254740992"),
        (b"1" + b"0" * 5000, "integer 10000"),
        (b"1" + b"0" * 400, "integer 10000"),
        (b"[" * 33 + b"]" * 33, "nesting beyond 32"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "nesting beyond 32"),
        (b"[" * 100_000 + b"]" * 100_000, "nesting beyond"),
        (b"[" * 100_000, "nesting beyond"),
        (b'{"a":' * 100_000, "nesting beyond"),
        (b'"\xff"', "not UTF-8"),
        (b'"\xed\xa0\x80"', "not UTF-8"),  # a surrogate in UTF-8
        (b'"\xc0\x80"', "not UTF-8"),  # an overlong NUL
        (b"\xef\xbb\xbf{}", "Expecting value"),
        (b'"\\ud800"', "half of a surrogate pair"),
        (b'["\\\\\\udc00"]', "half of a surrogate pair"),
        (b'{"\\udfff":1}', "half of a surrogate pair"),
        (b'"\\ude00\\ud83d"', "half of a surrogate pair"),
        (b"", "Expecting value"),
        (b"{}{}", "Extra data"),
        (b"{'a':1}", "Expecting property name"),
        (b'{"a":1,}', ""),
        (b'"\x00"', "Invalid control character"),
        (b'"\n"', "Invalid control character"),
        (b"01", "Extra data"),
        (b"nul", "Expecting value"),
        (b"[" + b"{}," * 500_000 + b"{}]", "too many objects"),
    ],
)
def test_ambiguous_json_is_refused_and_named(raw: bytes, says: str) -> None:
    with pytest.raises(InventoryError) as refused:
        _check(raw)
    assert says in str(refused.value)
    assert str(refused.value).startswith("thing: ")
    assert len(str(refused.value)) < 300
    assert refused.value.expected
    assert refused.value.cure


def test_the_limit_of_nesting_is_accepted_itself() -> None:
    for levels in (0, 1, 5):
        raw = b"[" * levels + b"1" + b"]" * levels
        _check(raw, nesting=levels)
        with pytest.raises(InventoryError):
            _check(b"[" + raw + b"]", nesting=levels)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(alphabet=st.characters(exclude_categories=["Cs"])), inner, max_size=4),
    max_leaves=25,
)  # fmt: skip


@settings(deadline=None, max_examples=200)
@given(value=_VALUES, ascii_only=st.booleans(), indent=st.none() | st.integers(0, 3))
def test_what_a_plain_encoder_writes_passes(value: object, ascii_only: bool, indent: int | None) -> None:
    _check(json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode())


@settings(deadline=None, max_examples=300)
@given(raw=st.binary(max_size=60) | st.text(alphabet='{}[]",:\\ud8019eE+-. ntrfNaI', max_size=60).map(str.encode))
def test_nothing_but_the_given_error_comes_out(raw: bytes) -> None:
    try:
        _check(raw)
    except InventoryError:
        return
    json.loads(raw)


def test_deep_nesting_is_our_error_on_a_small_stack_too() -> None:
    """Where the caller has used up the recursion that the reader needs, and in threads with a small stack."""
    caught: list[BaseException] = []

    def run() -> None:
        try:
            _check(b"[" * 30_000 + b"]" * 30_000)
        except BaseException as exc:  # noqa: BLE001 - anything else is the bug
            caught.append(exc)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert [type(exc) for exc in caught] == [InventoryError]

    def dive(levels: int) -> None:
        if levels:
            dive(levels - 1)
        else:
            run()

    used = len(__import__("inspect").stack(0))
    dive(sys.getrecursionlimit() - used - 40)
    assert [type(exc) for exc in caught] == [InventoryError] * 2


class _Thing(msgspec.Struct, frozen=True, kw_only=True):
    a: int
    b: str = "x"


_DECODER = msgspec.json.Decoder(_Thing)


def _decode(raw: bytes) -> _Thing:
    return strict_json.decode(
        raw, _DECODER, nesting=3, error=InventoryError, what="thing", expected="an `a` that is a number"
    )


@pytest.mark.parametrize("raw", [b'{"a":1,"b":"x"}', b'{"a":1}', b'{ "b": "x", "a": 1 }\n', b'{"a":1,"c":[[1.5]]}'])
def test_decode_takes_any_unambiguous_spelling(raw: bytes) -> None:
    assert _decode(raw) == _Thing(a=1, b="x")


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":2,"a":1,"b":"x"}',
        b'{"a":1,"b":"y","b":"x"}',
        b'{"a":1,"c":[[[1]]]}',
        b'{"a":1,"c":1e999}',
        b'{"a":1,"c":9007199254740992}',
        b'{"a":1,"c":"\xff"}',
        b'{"a":1,"\xff":0}',
        b'{"a":1,"c":"\\ud800"}',
        b'{"a":1.0}',
        b'{"b":"x"}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":1,"c":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"",
    ],
)
def test_decode_refuses_what_the_decoder_alone_would_skip(raw: bytes) -> None:
    with pytest.raises(InventoryError):
        _decode(raw)


def test_the_error_class_is_the_callers() -> None:
    with pytest.raises(EvidenceError) as refused:
        strict_json.check(b"NaN", nesting=1, error=EvidenceError, what="x")
    assert type(refused.value) is EvidenceError
