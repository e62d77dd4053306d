"""Measurements: deploy-tui beside plain uv and pip, on the real full SGLang stack, as ratios of one run."""
