"""Tests of what a customer's directory provisions."""
