"""Who members are and how they prove it: sign-ins, attempts, invitations, passwords and identity providers."""
