"""The auditor on the network: one HTTP API over the intake."""
