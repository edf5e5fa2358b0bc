"""Pure ASGI middleware: each handles ``lifespan``, ``http`` and ``websocket`` explicitly, so context variables hold."""
