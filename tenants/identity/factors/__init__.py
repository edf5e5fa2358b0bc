"""Second factors as mathematics: codes of an authenticator app, recovery codes, passkeys. Pure; nothing is stored here.

Members' services (``tenants.identity``) and operators' pages keep the rows, each in their own schema.
"""
