"""Appraising many devices: from evidence files now, from the store later."""
