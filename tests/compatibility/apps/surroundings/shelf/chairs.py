OWNER = "surroundings, imported late"
