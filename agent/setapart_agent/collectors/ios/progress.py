"""A bar on a terminal while something takes long: the key of an encrypted backup alone takes seconds to derive."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Step = Callable[[], None]


@contextmanager
def steps(label: str, count: int) -> Iterator[Step]:
    """A way to say that one of so many steps is done. Nothing is shown where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    import click

    with click.progressbar(length=count, label=label, file=sys.stderr) as bar:
        yield lambda: bar.update(1)
