"""A person's tasks, end to end, in a real Chromium against the whole stack."""
