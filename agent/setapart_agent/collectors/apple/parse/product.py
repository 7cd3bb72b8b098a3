"""Apple's product types (`iPhone9,3`, `iPad13,4`): what lockdown, backups and device managers call a model."""

from setapart_agent.facts import DeviceFacts
from setapart_evidence.model import FormFactor

_FORMS: tuple[tuple[str, FormFactor], ...] = (
    ("iphone", "phone"),
    ("ipod", "phone"),
    ("ipad", "tablet"),
    ("appletv", "tv"),
    ("macbook", "laptop"),
    ("imac", "desktop"),
    ("macmini", "desktop"),
    ("macpro", "desktop"),
    ("mac", "other"),
)


def form_factor_of(product: str | None) -> FormFactor | None:
    """The form of a product; `Mac14,2` and the like don't tell theirs, and `None` is for what is unknown."""
    name = (product or "").lower().replace(" ", "")
    if not name:
        return None
    return next((form for prefix, form in _FORMS if name.startswith(prefix)), "other")


def ios_device(*, serial: str | None, version: str | None, product: str | None) -> DeviceFacts:
    """An iPhone or iPad, in the same words by every way in, so that it gets one identity and one description."""
    return DeviceFacts(
        platform="ios",
        os_version=version,
        manufacturer="Apple",
        model=product,
        form_factor=form_factor_of(product),
        serial=serial,
    )
