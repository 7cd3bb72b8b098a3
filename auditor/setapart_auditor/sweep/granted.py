"""The exceptions that officers granted, for judging."""

from collections.abc import Mapping

from sqlalchemy import Connection

from setapart_auditor.appraisal.model import Exception_
from setapart_auditor.exceptions.database import Broken, load


def granted_exceptions(connection: Connection) -> tuple[Mapping[str, tuple[Exception_, ...]], tuple[Broken, ...]]:
    """By the name of their device; and those that are recorded so and can't be believed."""
    found: dict[str, tuple[Exception_, ...]] = {}
    loaded = load(connection)
    for one in loaded.exceptions:
        found[one.device] = (*found.get(one.device, ()), one)
    return found, loaded.broken
