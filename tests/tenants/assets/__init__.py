"""Tests of tenants.assets."""
