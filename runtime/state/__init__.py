"""The states of tenants as the runtime holds them: where they come from, the cache, and how it is kept fresh."""
