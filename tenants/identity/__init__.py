"""Who members are and how they prove it: sign-ins, attempts, invitations and forgotten passwords."""
