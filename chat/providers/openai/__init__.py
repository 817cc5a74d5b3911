"""OpenAI's chat completions: provider.py asks, decoder.py reads the answer without I/O."""
