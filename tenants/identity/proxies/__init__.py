"""Proxies before the gateway that name people in headers and prove themselves by a secret."""
