"""The errors of the auditor: got, expected, what to do next. The command line shows them and exits with 2."""


class AuditorError(Exception):
    """Something that the caller owns is not usable: an option, a file, a register, a pack, a key.

    Args:
        got: what was found, already safe to print.
        expected: what would have been accepted.
        cure: the smallest next step.
        where: the file, and the line or table and key in it, if that is known.
    """

    def __init__(self, got: str, *, expected: str = "", cure: str = "", where: str = "") -> None:
        super().__init__(got)
        self.got = got
        self.expected = expected
        self.cure = cure
        self.where = where

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.got}" if self.where else self.got]
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.cure:
            parts.append(self.cure)
        return "; ".join(parts)


class PolicyError(AuditorError):
    """A pack, an overlay or the catalog says something that can't be a policy."""


class RegisterError(AuditorError):
    """A register contradicts itself, the pack or the rule of two people."""
