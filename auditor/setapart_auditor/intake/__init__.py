"""Intake: every signed message that reaches the auditor, over the network or as a file, by one path."""
