"""How often somebody may try: a sliding window and a growing delay for each account and each address of a tenant."""
