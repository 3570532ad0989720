"""The demonstration: Pine County and St. Brigid Hospital, invented from end to end, with words that everybody knows.

It exists only where ALONGSIDE_DEMO is on, which `alongside demo` sets for itself; a real installation has none of its
routes, and refuses its keys. It starts clean each time, serves the loopback address only, and its clock can be moved.
"""
