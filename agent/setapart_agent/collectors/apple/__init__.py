"""Formats that iOS, macOS and Apple's device management share."""
