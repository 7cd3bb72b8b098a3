"""What kind of machine a Mac is, by the name or the identifier of its model.

Source: the names in Apple's list of Macs. Identifiers since 2022 (`Mac14,2`) name no kind.
"""

from setapart_evidence.model import FormFactor

_KINDS: tuple[tuple[str, FormFactor], ...] = (
    ("macbook", "laptop"),
    ("powerbook", "laptop"),
    ("ibook", "laptop"),
    ("imac", "desktop"),
    ("macmini", "desktop"),
    ("macpro", "desktop"),
    ("macstudio", "desktop"),
    ("powermac", "desktop"),
    ("emac", "desktop"),
    ("xserve", "server"),
)


def form_factor(model: str | None) -> FormFactor | None:
    """The kind of machine, or `None` where the name does not tell."""
    name = (model or "").lower().replace(" ", "")
    return next((kind for start, kind in _KINDS if name.startswith(start)), None)
