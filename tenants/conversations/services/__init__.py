"""What a tenant does with the conversations that its chat has kept: reading, exporting, deleting, letting them go."""
