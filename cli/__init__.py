"""The `flask` commands and the demo world."""
