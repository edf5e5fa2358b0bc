"""Previews: a chat of the tenant with settings that nobody has saved yet, for the one member who types them."""
