"""Tests of tenants.conversations."""
