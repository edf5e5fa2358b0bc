"""Asking other sites at addresses that a tenant gave, without reaching anything that is not public."""
