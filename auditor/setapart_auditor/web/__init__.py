"""The auditor on the network: a small ASGI application over the intake."""
