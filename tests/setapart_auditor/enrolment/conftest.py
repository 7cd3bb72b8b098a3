"""An auditor's office, on SQLite and on PostgreSQL."""

import pytest

from enrolling import Office
from setapart_auditor.installation import Installation


@pytest.fixture
def office(installation: Installation) -> Office:
    return Office(installation)
