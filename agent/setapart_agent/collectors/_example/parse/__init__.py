"""Parsers: bytes in, facts out; no file, process or network is touched here."""
