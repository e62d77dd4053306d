"""What is known of drivers, GPUs, images, kernels, torch and engines: tables with a source a row, and their readers."""
