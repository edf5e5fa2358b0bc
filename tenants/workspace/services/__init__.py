"""Everything that changes a workspace: each function is one transaction with its audit row and its publication."""
