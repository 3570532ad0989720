"""Where everything comes together: settings, every route by audience, every timed job, middleware, home pages,
templates.

It holds no tables and no rules; home pages only compose queries.
"""
