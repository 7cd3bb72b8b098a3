"""What the machine says of itself: `getprop`, also in the section SYSTEM PROPERTIES of a bug report.

One property per line, `[key]: [value]`; a value may run over several lines. Keys are compared whole: makers use names
such as `ro.humane.build.version.release` beside the real one, and cheap boxes fake the release but not the API level.
"""

import re

from setapart_agent.collectors.android.parse.command_output import normal, refusal
from setapart_agent.errors import ParseError
from setapart_agent.facts import DeviceFacts, Facts, FileSet
from setapart_evidence.model import FormFactor
from setapart_evidence.statement import Maturity

KIND = "android.getprop"
MATURITY: Maturity = "captures"

_PROPERTY = re.compile(r"^\[([^\]\n]+)\]: \[(.*)\]\s*$", re.MULTILINE)
_HIGHEST_API = 10_000
_MODEL = ("ro.product.model", "ro.product.system.model", "ro.product.vendor.model", "ro.product.odm.model")
_MAKER = (
    "ro.product.manufacturer",
    "ro.product.system.manufacturer",
    "ro.product.vendor.manufacturer",
    "ro.product.odm.manufacturer",
)
_SERIAL = ("ro.serialno", "ro.boot.serialno")
_FORM_FACTORS: dict[str, FormFactor] = {
    "tablet": "tablet",
    "tv": "tv",
    "watch": "other",
    "automotive": "other",
    "car": "other",
    "embedded": "other",
    "iot": "other",
}


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """Whether the first line that is not empty is a property."""
    return re.match(r"\s*\[[\w.:/@-]+\]: \[", normal(content[:4096])) is not None


def parse(files: FileSet) -> Facts:
    """The device."""
    return Facts(device=read(normal(files.main)))


def read(output: str) -> DeviceFacts:
    """The device that the properties describe; what they do not tell is `None`.

    Raises:
        ParseError: no property is there; the message says why if the device told.
    """
    properties: dict[str, str] = {}
    for key, value in _PROPERTY.findall(output):
        properties.setdefault(key, value.strip())
    if not properties:
        why = refusal(output)
        raise ParseError(why.reason if why else "no property is listed", expected="lines of [key]: [value]")
    level = properties.get("ro.build.version.sdk", "")
    return DeviceFacts(
        platform="android",
        os_version=properties.get("ro.build.version.release") or None,
        os_api_level=int(level) if level.isascii() and level.isdigit() and int(level[:9]) < _HIGHEST_API else None,
        patch_level=properties.get("ro.build.version.security_patch") or None,
        manufacturer=_first(properties, _MAKER),
        model=_first(properties, _MODEL),
        form_factor=_form_factor(properties.get("ro.build.characteristics")),
        serial=_first(properties, _SERIAL),
    )


def _first(properties: dict[str, str], keys: tuple[str, ...]) -> str | None:
    found = next((value for key in keys if (value := properties.get(key))), None)
    return None if found is None or found.lower() == "unknown" else found


def _form_factor(characteristics: str | None) -> FormFactor | None:
    """A phone unless one of the comma-separated characteristics says otherwise; unknown where there are none."""
    if characteristics is None:
        return None
    return next((_FORM_FACTORS[part] for part in characteristics.split(",") if part in _FORM_FACTORS), "phone")
