"""Clients that talk to the running product as browsers do."""
