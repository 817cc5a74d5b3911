"""Anthropic's messages: provider.py asks, decoder.py reads the answer without I/O."""
