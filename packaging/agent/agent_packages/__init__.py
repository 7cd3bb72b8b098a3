"""Builds the agent's packages: wheel, single file, deb, rpm, with their bill of materials and checksums."""
