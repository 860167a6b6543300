"""What pages show: rows of one noun, limited to and masked for the actor, in a fixed number of queries."""
