"""What Android's commands print when they are well, and when they refuse.

A shell command of Android answers an error as text with exit code 0, so nothing but its shape tells a refusal from an
answer. A parser first looks for its own shape; only where it is missing, `refusal` says why.
"""

import re

from setapart_agent.collectors.base import Denied, Failed, Unseen
from setapart_agent.facts import text

DAMAGE_PREFIXES = (
    "*** ",
    "Exception occurred while dumping:",
    "Security exception: ",
    "Error with service '",
    "Error dumping service info",
)
"""How lines start that say that output is missing or doubtful.

The first is of dumpsys, dumpstate and our bug-report splitter. The others stand where a service's dump breaks off: two
of Binder.doDump, two of dumpsys.cpp, of AOSP.
"""
TWICE = b"*** a second section of this name follows and differs ***\n"
"""Our own mark between two sections of one name in a bug report."""
TOO_LONG = b"\n*** longer than what is read of a bug report ***\n"
"""Our own mark where the rest of a bug report is not read."""
UNFINISHED = b"\n*** the section does not end as it should ***\n"
"""Our own mark at the end of a section that may not be whole."""
INCOMPLETE = "the output says that a part of it is missing"
BROKEN_OFF = "the device says that an error ended this dump"

# No other line is shown: one that begins so may be a part of a name, and reasons are signed and sent.
_KNOWN_DAMAGE = re.compile(
    r"SERVICE '[\w.$/@-]{1,200}' DUMP TIMEOUT(?: \(\d{1,9}m?s\))?(?: EXPIRED)?"
    r"|a second section of this name follows and differs|the section does not end as it should"
    r"|longer than what is read(?: of a bug report)?|the archive breaks off here"
)

_LONGEST_DAMAGE = 300
_SEARCHED = 64 * 1024
_REFUSALS: tuple[tuple[re.Pattern[str], Unseen], ...] = (
    (re.compile(r"does not have permission to access user", re.IGNORECASE), Denied("the shell may not see this user")),
    (re.compile(r"SecurityException|Permission Denial|permission denied", re.IGNORECASE),
     Denied("refused by the device")),
    (re.compile(r"Can't find service"), Failed("this device has no such service")),
    (re.compile(r"(?:not found|inaccessible or not found|No such file or directory)\s*$", re.MULTILINE),
     Failed("this device has no such command")),
    (re.compile(r"^(?:Unknown command|Error: [Uu]nknown|Unknown option|usage:|Bad argument)", re.MULTILINE),
     Failed("this device does not know this command")),
    (re.compile(r"DUMP TIMEOUT|[Tt]imed out"), Failed("the command timed out on the device")),
)  # fmt: skip
# No more of the line than this is shown: the rest may name an account or a file, and reasons are signed and sent.
_ERROR_LINE = re.compile(
    r"^(?:Error|Failure|error:|Exception occurred|Killed|Aborted|[\w.$]{1,80}(?:Exception|Error)\b)", re.MULTILINE
)


def normal(raw: bytes) -> str:
    """The text of an output with plain line ends.

    Old adb and Windows double or add carriage returns; PowerShell redirects as UTF-16. What is not UTF-8 becomes
    U+FFFD.
    """
    found = text(raw)
    return found.replace("\r\r\n", "\n").replace("\r\n", "\n") if "\r" in found else found


def refusal(output: str) -> Unseen | None:
    """Why an output holds no answer, or `None` where it does not look like a refusal.

    Args:
        output: normal text in which the parser has found nothing, or the part that it could not understand.
    """
    head = output[:_SEARCHED].strip()
    if not head:
        return Failed("empty output")
    for pattern, why in _REFUSALS:
        if pattern.search(head):
            return why
    line = _ERROR_LINE.search(head)
    return Failed(f"the device answered: {line[0].rstrip(':')}") if line else None


def damaged(output: str) -> str | None:
    """Why a part of a dump is missing, as the first line says that tells so; `None` where there is no such line."""
    found = [0] if output.startswith(DAMAGE_PREFIXES) else []
    found += [at + 1 for prefix in DAMAGE_PREFIXES if (at := output.find("\n" + prefix)) >= 0]
    if not found:
        return None
    at = min(found)
    return damage_of(output[at : at + _LONGEST_DAMAGE].partition("\n")[0])


def damage_of(line: str) -> str:
    """What a line that starts with one of the prefixes says, in words of dumpsys, of dumpstate or of ours."""
    if not line.startswith(DAMAGE_PREFIXES[0]):
        return BROKEN_OFF
    said = line.strip("* ")
    return said if _KNOWN_DAMAGE.fullmatch(said) else INCOMPLETE
