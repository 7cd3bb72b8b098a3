"""Figures for Prometheus, in a registry of their own."""

import datetime as dt
from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from setapart_auditor.intake.service import Intake

from .state import State

TEXT = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """What the service counts.

    Args:
        intake, state: asked when somebody reads the figures.
        now: the clock.
    """

    def __init__(self, intake: Intake, state: State, now: Callable[[], dt.datetime]) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Collected(intake, state, now))
        self._seconds = Histogram(
            "setapart_http_request_seconds",
            "Time to the answer, by route and status.",
            ("route", "status"),
            buckets=_BUCKETS,
            registry=self._registry,
        )

    def took(self, route: str, status: int, seconds: float) -> None:
        """Counts an answer; `route` is one of the table's, never what a client wrote."""
        self._seconds.labels(route, str(status)).observe(seconds)

    def text(self) -> bytes:
        """All figures, as Prometheus reads them."""
        return generate_latest(self._registry)


class _Collected(Collector):
    def __init__(self, intake: Intake, state: State, now: Callable[[], dt.datetime]) -> None:
        self._intake = intake
        self._state = state
        self._now = now

    def collect(self) -> Iterable[Metric]:
        figures = self._intake.figures
        answered = CounterMetricFamily(
            "setapart_answered", "Messages that were answered, by outcome.", labels=["outcome"]
        )
        for outcome, count in figures.answered.items():
            answered.add_metric([outcome], count)
        yield answered
        rejected = CounterMetricFamily(
            "setapart_rejected", "Messages that were rejected, by reason.", labels=["reason"]
        )
        for reason, count in figures.failed.items():
            rejected.add_metric([reason], count)
        yield rejected
        yield CounterMetricFamily("setapart_batches", "Transactions of reports.", figures.batches)
        yield GaugeMetricFamily("setapart_queue_messages", "Messages that wait for their answer.", figures.pending)
        yield GaugeMetricFamily("setapart_queue_room", "How many may wait.", figures.room)
        yield GaugeMetricFamily(
            "setapart_up", "1 while database and intake answer.", float(self._state.trouble is None)
        )
        seen = self._state.seen
        if seen is None:
            return
        yield GaugeMetricFamily("setapart_log_entries", "Entries of the log.", seen.log_size)
        yield GaugeMetricFamily(
            "setapart_unjudged_reports", "Of the newest 1000 accepted reports, those without a verdict.", seen.waiting
        )
        if seen.checkpoint_at is not None:
            age = (self._now() - seen.checkpoint_at).total_seconds()
            yield GaugeMetricFamily("setapart_checkpoint_age_seconds", "Age of the newest checkpoint.", age)
