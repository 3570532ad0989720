"""The supporter's life in the team; in this part one table: active, on leave, ended.

Words: a *supporter* is a person designated as a peer; *eligible* means that a ladder or directory may name them now.
Why somebody is on leave is never asked or kept. Every ladder and every list asks `queries.eligible_at`.
"""
