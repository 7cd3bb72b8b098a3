"""Why nothing is released."""


class ReleaseError(Exception):
    """Something does not fit: what was found, what was expected, and what to do."""
