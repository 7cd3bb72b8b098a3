"""Who may look."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from setapart_auditor.officers.actor import Role

READERS: "tuple[Role, ...]" = ("viewer", "technician", "officer", "approver", "auditor")
"""The roles that look at devices and sweeps; an administrator has them all."""
