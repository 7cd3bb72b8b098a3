"""Looks: what officers are shown of devices and sweeps, the same by command and over HTTP, and written down first."""
