"""The pages of one tenant in the operators' admin: overview, its workspace by tabs, and its history."""
