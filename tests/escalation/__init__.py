"""Ladders: every ask is answered, or climbs, or ends in the open."""
