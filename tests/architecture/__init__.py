"""Who may import whom, and that a breach is seen."""
