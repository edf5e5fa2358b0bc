"""One module a page: each parses, calls one service, presents."""
