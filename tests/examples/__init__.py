"""Tests of the example apps, under stock Chainlit and against a real HTTP server for the language model."""
