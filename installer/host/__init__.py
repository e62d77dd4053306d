"""The only hands on the machine: processes, terminals, HTTP, NVML, psutil. Implements `core.contracts.host`."""
