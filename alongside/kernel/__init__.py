"""What every package may use: the clock, opaque ids, months. Standard library only, at most five files."""
