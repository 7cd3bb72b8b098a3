"""Key files of the freedesktop.org kind: `[group]`, `key=value`, `#` comments; also Mozilla's `profiles.ini`.

No configparser: it raises on duplicate keys and lines that real programs write, and costs an import.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One group: its name, and its values by key. The first value of a key counts, as in GLib."""

    name: str
    values: tuple[tuple[str, str], ...]

    def get(self, key: str) -> str | None:
        """The value of a key, or `None`."""
        return next((value for name, value in self.values if name == key), None)


def groups(content: str) -> tuple[Group, ...]:
    """The groups of a key file in order; lines that are neither group nor pair are passed over."""
    found: list[Group] = []
    name: str | None = None
    values: list[tuple[str, str]] = []
    for line in content.splitlines():
        stripped = line.strip()
        if stripped.startswith("[") and stripped.endswith("]"):
            if name is not None:
                found.append(Group(name=name, values=tuple(values)))
            name, values = stripped[1:-1], []
        elif name is not None and not stripped.startswith(("#", ";")):
            key, equals, value = stripped.partition("=")
            if equals:
                values.append((key.rstrip(), value.lstrip()))
    if name is not None:
        found.append(Group(name=name, values=tuple(values)))
    return tuple(found)
