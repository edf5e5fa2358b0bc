"""An app that cannot be loaded."""

raise RuntimeError("the vector store is not configured")
