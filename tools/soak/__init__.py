"""Breaks a running installation for real, and then accounts for everything that was ever accepted (`make soak`).

Everything happens through the outside: real processes of `alongside`, real mail servers, a real browser, signals, the
machine's clock as the processes see it. Only the accounting at the end reads rows.
"""
