"""The contract between control plane and runtime: pure, without Django, Chainlit or any service."""
