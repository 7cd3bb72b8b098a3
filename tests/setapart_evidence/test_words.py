"""Words of a key id: as good as its first 60 bits, for the eye, the ear and the keyboard."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setapart_evidence.word_list import WORDS
from setapart_evidence.words import BITS, COUNT, key_prefix, words_of

IDS = st.binary(min_size=32, max_size=32).map(bytes.hex)


@given(IDS)
def test_words_say_exactly_the_first_60_bits(keyid: str) -> None:
    words = words_of(keyid)
    assert len(words.split()) == COUNT
    assert key_prefix(words) == keyid[: BITS // 4]
    assert words_of(key_prefix(words) + keyid[15:]) == words  # type: ignore[operator]


@given(IDS, st.integers(0, BITS - 1))
def test_one_bit_of_the_first_60_changes_the_words(keyid: str, bit: int) -> None:
    other = f"{int(keyid, 16) ^ 1 << (255 - bit):064x}"
    assert words_of(other) != words_of(keyid)


def test_case_and_separators_do_not_count() -> None:
    words = words_of("ab" * 32)
    for spelled in (words.upper(), words.replace(" ", "-"), words.replace(" ", ", "), f"  {words}\n"):
        assert key_prefix(spelled) == ("ab" * 32)[:15]


@pytest.mark.parametrize("text", ["", "acid", "acid " * 5, "acid " * 7, "acid acid acid acid acid nonesuch"])
def test_what_are_no_six_words_says_nothing(text: str) -> None:
    assert key_prefix(text) is None


def test_the_list_is_1024_plain_words_in_order() -> None:
    assert len(WORDS) == len(set(WORDS)) == 1024
    assert list(WORDS) == sorted(WORDS)
    assert all(word.isascii() and word.isalpha() and word.islower() and 3 <= len(word) <= 8 for word in WORDS)


def test_no_two_words_differ_by_one_letter() -> None:
    """Replacing, adding or leaving out one letter never makes another word."""
    blurred: dict[str, set[str]] = {}
    for word in WORDS:
        for at in range(len(word)):
            blurred.setdefault(f"{word[:at]}*{word[at + 1 :]}", set()).add(word)
            assert word[:at] + word[at + 1 :] not in WORDS_SET, word
    assert [pair for words in blurred.values() for pair in combinations(sorted(words), 2)] == []


WORDS_SET = frozenset(WORDS)
