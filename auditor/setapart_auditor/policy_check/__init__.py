"""Does a policy hold in every state that a device can be in? `policy check` tries them all."""

from .check import Fault, Outcome, check_policy

__all__ = ["Fault", "Outcome", "check_policy"]
