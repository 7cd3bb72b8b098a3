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
