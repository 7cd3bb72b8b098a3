"""The exceptions that officers granted, for judging."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from sqlalchemy import Connection

from setapart_auditor.appraisal.model import BrokenException, Exception_
from setapart_auditor.exceptions.database import load

T = TypeVar("T", bound=Exception_ | BrokenException)


def granted_exceptions(
    connection: Connection,
) -> tuple[Mapping[str, tuple[Exception_, ...]], Mapping[str, tuple[BrokenException, ...]]]:
    """By the name of their device: those that hold or held, and what is recorded so and can't be believed."""
    loaded = load(connection)
    return _by_device(loaded.exceptions), _by_device(loaded.broken)


def _by_device(items: Iterable[T]) -> Mapping[str, tuple[T, ...]]:
    found: dict[str, tuple[T, ...]] = {}
    for one in items:
        found[one.device] = (*found.get(one.device, ()), one)
    return found
