"""A device for every row of docs/devices.md: green where the row says that it can be."""
