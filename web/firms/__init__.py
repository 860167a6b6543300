"""The enterprise's desk."""
