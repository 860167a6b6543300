"""What a person is told, how often by mail, and whether mail arrives."""
