"""Stands for LangChain, which Chainlit only looks for."""
