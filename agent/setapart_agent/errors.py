"""The errors of the agent: got, expected, what to do next. The command line shows them and exits with 2."""

from setapart_evidence.errors import SetapartError


class AgentError(SetapartError):
    """Something that the caller owns is not usable: an option, a file, a device, the network."""


class SourceError(AgentError):
    """A source that can't be read at all: no such folder, no device, not a bug report."""


class ParseError(AgentError):
    """One captured file is not what its kind says; the collector turns this into coverage `failed`."""


class ChainError(AgentError):
    """The chain state beside the key can't be read, locked or written."""


class KeyFileError(AgentError):
    """A key file can't be read, or would be overwritten."""


class NotEnrolledError(AgentError):
    """The folder belongs to no auditor, or its enrolment is not finished."""


class NetworkError(AgentError):
    """The auditor did not answer: no connection, no time left, half an answer. Tried again later."""


class TrustError(NetworkError):
    """Somebody answered who could not show to be the auditor: a certificate, or a signature that is not its own."""


ABOUT_THE_MESSAGE = frozenset(
    {"too-large", "bad-envelope", "bad-statement", "wrong-digest", "bad-inventory", "bad-token", "bad-key"}
)
"""Reasons that the same bytes will meet again, whenever they are sent."""


class RefusedError(AgentError):
    """The auditor, or something in front of it, answered and did not take what was sent.

    Attributes:
        status: of HTTP.
        reason: the auditor's own word for it; empty if it was not the auditor who answered.
        retry_after: seconds that it asked to wait.
    """

    def __init__(
        self,
        got: str,
        *,
        status: int,
        reason: str = "",
        retry_after: float | None = None,
        expected: str = "",
        cure: str = "",
    ) -> None:
        super().__init__(got, expected=expected, cure=cure)
        self.status = status
        self.reason = reason
        self.retry_after = retry_after

    @property
    def is_about_the_message(self) -> bool:
        """Whether sending the same again is no use: the auditor itself says so."""
        return self.reason in ABOUT_THE_MESSAGE


class PolicyError(AgentError):
    """A policy bundle of the right auditor that must not take the place of the one that is here."""


class SpoolError(AgentError):
    """A report could not be kept until it is delivered."""
