"""deploy-tui: from nothing to a verified answer, in ten stages. This package imports nothing by itself."""
