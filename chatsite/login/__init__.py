"""Signing in under attack: how many may at once (`throttle`), how often anybody may try (`attempt`), and hashing of
passwords in threads of its own (`hashers`, `hashing_pool`). The counts are kept by `chat.guessing`."""
