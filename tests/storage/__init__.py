"""What the database itself does: waits, breaks, remembers."""
