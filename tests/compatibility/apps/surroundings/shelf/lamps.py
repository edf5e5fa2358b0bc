OWNER = "surroundings"
