"""The errors of the auditor: got, expected, what to do next. The command line shows them and exits with 2."""

from setapart_evidence.errors import SetapartError


class AuditorError(SetapartError):
    """Something that the caller owns is not usable: an option, a file, a register, a pack, a key."""


class PolicyError(AuditorError):
    """A pack, an overlay or the catalog says something that can't be a policy."""


class RegisterError(AuditorError):
    """A register contradicts itself, the pack or the rule of two people."""


class StoreError(AuditorError):
    """The database can't be reached, is not of this schema, or refused what was asked of it."""


class DamagedValueError(StoreError):
    """A value in the database is none that its column can hold: somebody changed it."""


class NotAllowedError(AuditorError):
    """An officer may not do this: the role, the unit, or the rule of two people."""


class TokenRefusedError(NotAllowedError):
    """An enrolment token is not accepted; `real` says why, for the auditor's own records and never for the sender."""

    def __init__(self, real: str) -> None:
        super().__init__(
            "token not accepted", expected="a valid enrolment token", cure="ask your security officer for a new one"
        )
        self.real = real


class ConflictError(NotAllowedError):
    """What is asked for contradicts what the register holds: the key or the device is enrolled already."""


class TransientStoreError(StoreError):
    """The database failed or did not answer; the same may succeed later, and nothing was changed."""
