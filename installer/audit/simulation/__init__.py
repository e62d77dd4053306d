"""From a procedure to what it leaves installed, and what goes wrong on the way. Installs nothing, starts nothing."""

from installer.audit.simulation.run import Simulated, simulate

__all__ = ["Simulated", "simulate"]
