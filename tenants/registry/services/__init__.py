"""Everything that changes the registry: each function is one transaction with its audit row."""
