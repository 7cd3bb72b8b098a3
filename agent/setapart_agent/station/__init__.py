"""The phone station: a guided flow at a terminal, from a phone on its cable to the auditor's receipt."""
