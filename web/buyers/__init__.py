"""The buyer's desk."""
