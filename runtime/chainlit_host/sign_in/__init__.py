"""Who may enter: tokens, passwords and identity providers, each tenant its own."""
