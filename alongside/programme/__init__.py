"""What the organisation itself does for its programme: briefings of units, and what managers stand for.

Of requests, talks and who was helped this package knows nothing and imports nothing.
"""
