"""Machines are one more audience: API version 1."""
