"""The only hands on the machine: processes, terminals, HTTP, NVML, psutil. Implements `installer.core.contracts.host`."""
