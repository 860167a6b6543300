"""Programs that print ratios against a baseline named in the same run."""
