"""How much tenants are used: counted by the runtimes, a row a tenant and day, for its own people and for operators."""
