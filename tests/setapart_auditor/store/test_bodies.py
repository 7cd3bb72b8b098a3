import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest
import zstandard

from setapart_auditor.store.bodies import OversizeError, deflate, inflate
from setapart_evidence.limits import DEFAULT_LIMITS


def test_an_inventory_comes_back_as_it_was() -> None:
    raw = b'{"device":{}}' * 1000
    assert inflate(deflate(raw)) == raw


def test_threads_do_not_meet_in_one_codec() -> None:
    raws = [secrets.token_bytes(50_000) + bytes(200_000) for _ in range(8)]

    def there_and_back(at: int) -> bool:
        return all(inflate(deflate(raws[at])) == raws[at] for _ in range(200))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(there_and_back, range(8)))


def test_a_lost_bit_is_noticed() -> None:
    body = bytearray(deflate(b"inventory" * 100))
    body[len(body) // 2] ^= 1
    with pytest.raises(zstandard.ZstdError):
        inflate(bytes(body))


def test_a_body_that_says_it_is_larger_than_any_inventory_is_not_unpacked() -> None:
    body = zstandard.compress(bytes(DEFAULT_LIMITS.inventory + 1))
    with pytest.raises(OversizeError):
        inflate(body)


@pytest.mark.parametrize("body", [b"", b"x", b"(\xb5/\xfd", zstandard.compress(b"inventory")[:-3]])
def test_a_body_that_is_damaged_is_said(body: bytes) -> None:
    with pytest.raises(zstandard.ZstdError):
        inflate(body)
