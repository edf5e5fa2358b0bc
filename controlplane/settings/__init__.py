"""Django settings: base for all, then dev (`make up`), test and prod."""
