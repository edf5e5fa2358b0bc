"""Sessions, their sockets, files and events, and whose each of them is."""
