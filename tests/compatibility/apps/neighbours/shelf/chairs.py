OWNER = "neighbours, imported late"
