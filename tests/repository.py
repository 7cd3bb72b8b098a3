"""Where the repository is, for tests that read its own files."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
