"""Ordinary Chainlit apps, each under stock `chainlit run` and as a tenant beside all others: people see the same."""
