"""The access policy as people meet it: what can be chosen, what it would do, and how it is said."""
