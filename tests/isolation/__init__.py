"""The attacker: tenants that try to reach each other's data through a real runtime, and the guards that stop them."""
