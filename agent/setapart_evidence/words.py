"""The fingerprint of a key as words, for two people to compare.

Six words of a list of 1024 say the first 60 bits of the key id, ten bits a word, most significant first. Two keys whose
first 60 bits differ have different words, and the same words mean the same first 60 bits: the words are as good as the
first 15 hex digits of the id, and no better. Finding another key with the words of a given one takes about 2^60 tries.
"""

from .word_list import WORDS

COUNT = 6
BITS_A_WORD = 10
BITS = COUNT * BITS_A_WORD
_DIGITS = BITS // 4
_PLACES = {word: place for place, word in enumerate(WORDS)}


def words_of(keyid: str) -> str:
    """The words of a key id (64 hex digits), with spaces between."""
    number = int(keyid[:_DIGITS], 16)
    shifts = range(BITS - BITS_A_WORD, -1, -BITS_A_WORD)
    return " ".join(WORDS[number >> shift & (len(WORDS) - 1)] for shift in shifts)


def key_prefix(text: str) -> str | None:
    """The first 15 hex digits of the key ids that have these words; None if they are no such words.

    Case does not count, nor whether spaces, commas or hyphens stand between.
    """
    words = text.casefold().replace(",", " ").replace("-", " ").split()
    if len(words) != COUNT or not all(word in _PLACES for word in words):
        return None
    number = 0
    for word in words:
        number = number << BITS_A_WORD | _PLACES[word]
    return f"{number:0{_DIGITS}x}"
