"""What a visitor's browser asks for before it chats: the page, its brand, its files, its settings."""
