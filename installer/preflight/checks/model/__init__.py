"""Compares a model with the engine, the Transformers and the GPUs that would serve it, one question a module. Pure."""
