"""The chain pages, for everybody who is signed in."""
