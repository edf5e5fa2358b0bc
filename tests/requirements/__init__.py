"""Tests of the locks and of what makes the environment from them."""
