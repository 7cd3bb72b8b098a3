"""Live pulls from device managers: transport, credentials, state, and one module per manager."""
