OWNER = "neighbours"
