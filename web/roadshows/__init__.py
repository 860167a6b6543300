"""Roadshows for those who attend them, and the public notice."""
