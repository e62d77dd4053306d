"""deploy-tui: from nothing to a verified answer, in ten stages. This package imports nothing by itself."""

__version__ = "0.1.0"
