"""Who can be asked now, as members see it."""
