"""Parsers of browser profiles."""
