"""Signing in, registering and managing one's own organization."""
