"""Fetching a file from an address that a tenant gave, without reaching anything that is not public."""
