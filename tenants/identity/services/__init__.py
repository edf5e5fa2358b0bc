"""Everything that signs members in and out, invites them and gives them passwords; each with its audit row."""
