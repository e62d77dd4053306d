"""The only access to the machine: processes, terminals, HTTP, NVML, psutil. Implements `core.contracts.host`."""
