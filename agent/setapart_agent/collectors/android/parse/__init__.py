"""Parsers of Android: bytes in, facts out; no file, process or network is touched here."""
