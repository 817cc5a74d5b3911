"""The product in front of the servers that people really have, each in an environment of its own, made on the spot."""
