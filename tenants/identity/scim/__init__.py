"""People and groups that a customer's directory provisions (SCIM 2.0: RFC 7643, RFC 7644)."""
