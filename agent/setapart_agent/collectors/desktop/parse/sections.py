"""Files of `[section]` lines and `key = value` lines, as a few dozen programs write them, each a little differently.

Read leniently: a line that is neither is passed over. Keys are compared without regard to case. Sections of one name
are kept apart, since WireGuard repeats `[Peer]`; `Sections.get` takes the last value, as GKeyFile and ConfigParser do.
"""

import re
from collections.abc import Iterator

from msgspec import Struct, field

from setapart_agent.errors import ParseError
from setapart_agent.facts import text

_TRUE = frozenset({"true", "yes", "on", "1", "enabled"})
_FALSE = frozenset({"false", "no", "off", "0", "disabled"})
_MARKS = ("#", ";")


class Section(Struct, frozen=True, kw_only=True):
    """One section: its name, and its values by lower-case key. What stands before the first has the name ``""``."""

    name: str
    values: dict[str, str] = field(default_factory=dict)

    def get(self, *keys: str) -> str | None:
        """The value of the first of these keys that has one; an empty value counts as none."""
        for key in keys:
            value = self.values.get(key.lower())
            if value:
                return value
        return None

    def flag(self, key: str) -> bool | None:
        """A value that says yes or no, or `None`."""
        return flag(self.values.get(key.lower()))


class Sections(Struct, frozen=True, kw_only=True):
    """All sections of a file, in order."""

    all: tuple[Section, ...]

    def __iter__(self) -> Iterator[Section]:
        return iter(self.all)

    def named(self, name: str) -> Section:
        """The section of this name; several are united, the last value wins; an empty one where there is none.

        Another use of capitals counts only where the name is not there as it is given: to most programs `[a]` and
        `[A]` are two sections, so that one could hide the other.
        """
        exact = tuple(section for section in self.all if section.name == name)
        values: dict[str, str] = {}
        for section in exact or (section for section in self.all if section.name.lower() == name.lower()):
            values |= section.values
        return Section(name=name, values=values)

    def has(self, name: str) -> bool:
        """Whether a section of this name is there."""
        return any(section.name.lower() == name.lower() for section in self.all)

    def united(self) -> "Sections":
        """The same, each name once."""
        return Sections(all=tuple(self.named(name) for name in dict.fromkeys(section.name for section in self.all)))


def flag(value: str | None) -> bool | None:
    """`true`, `yes`, `on`, `1` and their opposites in any case; anything else is `None`."""
    word = (value or "").strip().strip("\"'").lower()
    return True if word in _TRUE else False if word in _FALSE else None


def sections(raw: bytes, *, delimiters: str = "=", continued: bool = False) -> Sections:
    """Reads the sections of a file.

    Args:
        raw: the file.
        delimiters: the characters that may stand between key and value.
        continued: whether an indented line without a delimiter continues the value above it.

    Raises:
        ParseError: there is content, and not one section or key in it; it is binary; or a section, or a key in one, is
            spelled in two ways, of which the program whose file it is may know only one.
    """
    if b"\x00" in raw[:4096] and raw[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise ParseError("binary content", expected="sections of key = value")
    split = re.compile(f"[{re.escape(delimiters)}]")
    found: list[Section] = []
    current = Section(name="")
    last = None
    content = False
    spelled: dict[tuple[str, str | None], str] = {}
    for line in text(raw).split("\n"):
        stripped = line.strip()
        if not stripped or stripped.startswith(_MARKS):
            continue
        content = True
        inner = continued and last is not None and line[0] in " \t"
        if stripped.startswith("[") and not inner and (end := stripped.rfind("]")) > 0:
            current = Section(name=stripped[:end].strip("[] \t"))
            _once(spelled, (current.name, None), stripped[1:end])
            found.append(current)
            last = None
            continue
        parts = split.split(stripped, maxsplit=1)
        if len(parts) > 1:
            key = parts[0].strip()
            last = key.lower()
            _once(spelled, (current.name, last), key)
            current.values[last] = parts[1].strip()
            if current.name == "" and not found:
                found.append(current)
        elif inner and last is not None:
            current.values[last] += f"\n{stripped}"
    if content and not found:
        raise ParseError("no section", expected="sections of key = value")
    return Sections(all=tuple(found))


def _once(spelled: dict[tuple[str, str | None], str], name: tuple[str, str | None], spelling: str) -> None:
    if spelled.setdefault(name, spelling) != spelling:
        raise ParseError("a section or key is spelled in two ways", expected="one spelling of each name")


def plain(value: str | None) -> str | None:
    """A value without the quotes around it."""
    if value is not None and len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value


def words(value: str | None, separators: str = ",;") -> tuple[str, ...]:
    """The parts of a list value."""
    return tuple(filter(None, (part.strip() for part in re.split(f"[{re.escape(separators)}\n]", value or ""))))
