"""Keys as words."""

import pytest

from setapart_auditor.register.key_text import is_spelled, parse_key, spell_key
from setapart_evidence.errors import KeyFormatError
from setapart_evidence.keys import Algorithm, generate


@pytest.mark.parametrize("algorithm", ["ed25519", "ecdsa-p256"])
def test_a_key_comes_back_as_it_was_spelled(algorithm: Algorithm) -> None:
    key = generate(algorithm).public
    assert is_spelled(spell_key(key))
    assert parse_key(spell_key(key)) == key


@pytest.mark.parametrize("text", ["spki:", "spki:Zm9v", "spki:…", "spki:Zm9v\n", "spki:Zm9"])
def test_another_word_is_no_key(text: str) -> None:
    with pytest.raises(KeyFormatError):
        parse_key(text)


def test_a_file_is_no_spelled_key() -> None:
    assert not is_spelled("keys/desk.pub")
