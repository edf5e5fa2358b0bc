"""What is measured, one module a subject; each returns rows of the report."""
