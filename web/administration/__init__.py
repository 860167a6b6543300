"""What administrators look after: what runs by itself."""
