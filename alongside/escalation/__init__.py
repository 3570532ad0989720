"""Ladders: whom to alert next, until someone answers.

Words: a *ladder* is the ordered plan of whom to alert for one request; a *rung* is one step of it with its due time;
an *alert* is one supporter called on one rung; the *taker* is the supporter who accepted; an *alarm* tells the
coordinator that a rung was missed. The next step is derived from rows and time, never from a queued timer. It knows
nothing of what the request says.
"""
