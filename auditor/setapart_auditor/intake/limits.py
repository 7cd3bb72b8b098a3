"""How much one device and one address may send: token buckets, a bounded number of them."""

import threading
from collections import OrderedDict

from setapart_auditor.errors import AuditorError

_MOST = 100_000


class TooManyError(AuditorError):
    """Somebody sends more than is taken from one; `retry_after` in seconds."""

    def __init__(self, whose: str, retry_after: int) -> None:
        super().__init__(
            f"too many messages of one {whose}", expected="fewer", cure=f"try again in {retry_after} seconds"
        )
        self.retry_after = retry_after


class Limiter:
    """A bucket of messages for each name, filled evenly; all of it under one lock, so that no race gets around it.

    Args:
        whose: what the names are, for the error.
        per_minute: messages; as many may come at once.
    """

    def __init__(self, whose: str, per_minute: int) -> None:
        self._whose = whose
        self._most = float(per_minute)
        self._rate = per_minute / 60
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, seconds: float) -> None:
        """Takes one message out of a name's bucket.

        Args:
            name: a device's id or an address.
            seconds: of a clock that never goes back.

        Raises:
            TooManyError: it is empty.
        """
        with self._lock:
            left, since = self._buckets.pop(name, (self._most, seconds))
            left = min(self._most, left + max(0.0, seconds - since) * self._rate)
            enough = left >= 1
            self._buckets[name] = (left - 1 if enough else left, max(seconds, since))
            if len(self._buckets) > _MOST:
                self._buckets.popitem(last=False)
        if not enough:
            raise TooManyError(self._whose, max(1, round((1 - left) / self._rate)))
