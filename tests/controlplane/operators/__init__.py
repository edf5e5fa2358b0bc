"""The operators' admin through the test client: each task of an operator, end to end, on a real database."""
