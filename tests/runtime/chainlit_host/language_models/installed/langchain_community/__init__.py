"""Stands for the collection that has LangChain's cache in a file."""
