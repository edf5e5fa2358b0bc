"""What all apps share of the process: environment, directory, children, event loop, clock; each sees its own."""
