"""Files of a tenant: received privately, checked and prepared by the worker, published under content-hashed keys."""
