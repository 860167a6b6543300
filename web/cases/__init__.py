"""Introduced pairings, followed by both sides to their outcome."""
