"""Fault switches: the next matching requests are delayed, refused or cut off, before or after they took effect."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.asked import Fault


@dataclass(slots=True)
class FaultBox:
    """What is still to go wrong, in order of arrival. Lives in memory: a restarted sandbox is whole."""

    faults: list[Fault] = field(default_factory=list)

    def take(self, method: str, path: str, when: str) -> Fault | None:
        """The first fault that matches, used up by one."""
        for place, fault in enumerate(self.faults):
            if fault.when == when and path.startswith(fault.path_prefix) and fault.method in (None, method):
                self._use(place, fault)
                return fault
        return None

    def _use(self, place: int, fault: Fault) -> None:
        if fault.times == 1:
            del self.faults[place]
        else:
            self.faults[place] = fault.model_copy(update={"times": fault.times - 1})
