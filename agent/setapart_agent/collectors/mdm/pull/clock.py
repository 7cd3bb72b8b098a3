"""Time as a pull needs it, in one value that tests replace: nothing else in the pulls looks at a clock or waits."""

import random
import time
from collections.abc import Callable

from msgspec import Struct


class Clock(Struct, frozen=True, kw_only=True):
    """Where time comes from and how it passes.

    Attributes:
        now: seconds since 1970, for what others wrote a date on.
        steady: seconds that never go back, for time-outs.
        sleep: waits.
        chance: a number from 0 to below 1, so that many stations do not come back at once.
    """

    now: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
