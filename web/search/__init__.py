"""The search over everything a reader may see."""
