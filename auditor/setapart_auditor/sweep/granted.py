"""The exceptions that officers granted, for judging."""

from collections.abc import Mapping

from sqlalchemy import Connection

from setapart_auditor.appraisal.model import Exception_
from setapart_auditor.exceptions.database import exceptions


def granted_exceptions(connection: Connection) -> Mapping[str, tuple[Exception_, ...]]:
    """By the name of their device."""
    found: dict[str, tuple[Exception_, ...]] = {}
    for one in exceptions(connection):
        found[one.device] = (*found.get(one.device, ()), one)
    return found
