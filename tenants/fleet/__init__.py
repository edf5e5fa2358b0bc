"""The fleet as it runs: which runtimes there are and how they are, and schemas that wait for migrations."""
