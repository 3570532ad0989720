"""Counts that point at nobody: the tally.

Words: a *cell* is one number of one organisation and one closed or running period. Cells begin at discrete Laplace
noise and get fresh noise when the period ends; the noisy value is the only one that remains. Nothing here relates to
anything but an organisation, and no date is finer than a month.
"""
