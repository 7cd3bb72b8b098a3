"""Builds the auditor's Debian package; what it has in common with the agent's is taken from `agent_packages`."""
