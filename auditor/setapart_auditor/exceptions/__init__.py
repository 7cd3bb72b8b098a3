"""Exceptions: asked for by one officer, granted by another, held by a third person; signed, limited, revocable."""
