"""Tests of the supervisor: real services, real processes, real signals."""
