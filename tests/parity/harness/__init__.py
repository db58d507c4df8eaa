"""A case's life with two executors, and what differs between the two."""
