"""From the bytes of an upload to the bytes that are published: pure functions, without Django, network or files."""
