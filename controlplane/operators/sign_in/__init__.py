"""How operators sign in: password or identity provider, then a second factor, and what they keep of both."""
