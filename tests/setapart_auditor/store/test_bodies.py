import pytest
import zstandard

from setapart_auditor.store.bodies import OversizeError, compressor, inflate
from setapart_evidence.limits import DEFAULT_LIMITS


def test_an_inventory_comes_back_as_it_was() -> None:
    raw = b'{"device":{}}' * 1000
    assert inflate(compressor().compress(raw)) == raw


def test_a_body_that_says_it_is_larger_than_any_inventory_is_not_unpacked() -> None:
    body = zstandard.compress(bytes(DEFAULT_LIMITS.inventory + 1))
    with pytest.raises(OversizeError):
        inflate(body)


@pytest.mark.parametrize("body", [b"", b"x", b"(\xb5/\xfd", zstandard.compress(b"inventory")[:-3]])
def test_a_body_that_is_damaged_is_said(body: bytes) -> None:
    with pytest.raises(zstandard.ZstdError):
        inflate(body)
