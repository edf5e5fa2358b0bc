"""The container files: linted, checked against their schema, and run where a container is not needed to run them."""
