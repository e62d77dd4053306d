"""A recipe as manifests for Kubernetes or Compose: templates in YAML, filled in from the recipe. Starts nothing."""
