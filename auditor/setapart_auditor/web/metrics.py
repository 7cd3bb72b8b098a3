"""What Prometheus scrapes: a registry of our own, filled when it is asked."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from setapart_auditor.intake.service import Figures

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The service's figures."""

    def __init__(self, figures: Callable[[], Figures], store: Callable[[], dict[str, float]]) -> None:
        self._figures = figures
        self._store = store
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self.seconds = Histogram(
            "setapart_request_seconds", "Time to answer a request", ["route"], buckets=_BUCKETS, registry=self._registry
        )
        self.answers: dict[tuple[str, int], int] = {}

    def count(self, route: str, status: int, seconds: float) -> None:
        """Counts one answered request."""
        self.answers[route, status] = self.answers.get((route, status), 0) + 1
        self.seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """The figures in Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """prometheus_client's own protocol."""
        figures = self._figures()
        yield _counter("setapart_messages", "Messages that were answered", "outcome", figures.answered)
        yield _counter("setapart_rejections", "Messages that were refused", "reason", figures.failed)
        yield CounterMetricFamily("setapart_batches", "Transactions of reports", figures.batches)
        yield GaugeMetricFamily("setapart_pending", "Messages that wait for their answer", figures.pending)
        yield GaugeMetricFamily("setapart_room", "Messages that may wait", figures.room)
        answers = CounterMetricFamily("setapart_answers", "Answers by route and status", labels=["route", "status"])
        for (route, status), times in self.answers.items():
            answers.add_metric([route, str(status)], times)
        yield answers
        for name, value in self._store().items():
            yield GaugeMetricFamily(f"setapart_{name}", name.replace("_", " "), value)


def _counter(name: str, words: str, label: str, values: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, words, labels=[label])
    for value, times in values.items():
        family.add_metric([value], times)
    return family
