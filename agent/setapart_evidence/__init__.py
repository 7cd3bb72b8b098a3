"""The one definition of evidence, shared by the agent (Attester) and the auditor (Verifier).

Nothing here reads a clock, a file or the network: bytes and arguments come in, values or our own errors go out.
"""

__version__ = "0.1.0"
