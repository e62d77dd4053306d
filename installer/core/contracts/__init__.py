"""The contracts between layers: the host, a stage, a model server. No I/O."""
