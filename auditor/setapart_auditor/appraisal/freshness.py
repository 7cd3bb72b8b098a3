"""How old a report is, without trusting the device's clock.

A nonce or epoch that the auditor issued shows that the report was made after that moment, and the age counts from
there: no clock of the device changes it. Where nothing proves it, the earlier of arrival and `collected_at` stands in.
A clock that runs ahead then changes nothing either; a clock that runs behind can't be told from a report that lay in a
drawer for as long, and two-year-old evidence must not be green: the age is then the stated one, and the device stale
until it reports with an epoch. Either way the finding says what the age was judged by.

What a station read out of a capture (a bug report, a mounted disk) is as old as the capture says: a nonce or epoch then
shows only when it was signed.
"""

import datetime as dt
from typing import Literal

from msgspec import Struct

from setapart_evidence.statement import HELD_SOURCES

from .model import Context, Received

TOLERANCE = dt.timedelta(minutes=10)
"""How far two clocks may be apart before anybody says so."""

Proof = Literal["nonce", "epoch", "none"]


class Freshness(Struct, frozen=True, kw_only=True):
    """The moment that a report's age counts from, and what proves that it was made no earlier."""

    moment: dt.datetime
    proof: Proof


def freshness_of(received: Received, context: Context) -> Freshness:
    """Judges one report; of a nonce and an epoch the later moment counts, and never one after the arrival."""
    observation = received.report.predicate.observation
    nonce = context.nonces.get(observation.nonce) if observation.nonce is not None else None
    epoch = context.epochs.get(observation.epoch) if observation.epoch is not None else None
    issued = [moment for moment in (nonce, epoch) if moment is not None]
    if not issued:
        return Freshness(moment=min(observation.collected_at, received.received_at), proof="none")
    signed = min(max(issued), received.received_at)
    if received.report.predicate.origin.source.partition(":")[0] in HELD_SOURCES:
        signed = min(signed, observation.collected_at)
    return Freshness(moment=signed, proof="nonce" if nonce is not None else "epoch")


def skew_of(received: Received, freshness: Freshness) -> dt.timedelta:
    """How far the device's clock is off for certain: positive if ahead, zero if the file may have been on its way."""
    collected = received.report.predicate.observation.collected_at
    if collected - received.received_at > TOLERANCE:
        return collected - received.received_at
    if freshness.moment - collected > TOLERANCE:  # only a nonce or an epoch is later than `collected_at`
        return collected - freshness.moment
    return dt.timedelta(0)
