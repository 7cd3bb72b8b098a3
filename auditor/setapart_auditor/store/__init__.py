"""The store: one schema on SQLite and on PostgreSQL. What was acknowledged is on disk."""
