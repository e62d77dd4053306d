"""What someone's own script would come to: the shell followed, its installs simulated. Runs nothing of it."""
