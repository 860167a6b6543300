"""Scored aspects: each gives a value in [0, 1] for a pair, or None for want of data."""
