"""Making a bundle for a machine, and deploying from one."""
