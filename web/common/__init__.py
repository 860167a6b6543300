"""What every audience shares."""
