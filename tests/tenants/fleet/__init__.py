"""Tests of tenants.fleet."""
