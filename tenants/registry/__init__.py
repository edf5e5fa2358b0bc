"""The public schema: tenants, their domains, publications, provisioning and the operators' audit log."""
