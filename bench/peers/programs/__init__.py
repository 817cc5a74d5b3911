"""What runs in the peers' own environments: models made on the spot, an application of LitServe's, LiteLLM's books."""
