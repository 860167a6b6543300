"""The rows: SQLModel tables, constraints and relationships; no decisions."""
