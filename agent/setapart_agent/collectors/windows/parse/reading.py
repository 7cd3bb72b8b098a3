"""What is read out of the registry for one profile: facts, and why a part of it could not be read."""

from setapart_agent.collectors.base import Denied, Failed, Unseen, uncovered
from setapart_agent.collectors.windows.parse.registry_key import AccessDeniedError, Key
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, DeviceFacts, Facts
from setapart_evidence.model import App, Link, Profile, Section

COLLECTOR = "windows.registry"


class Reading:
    """Gathers what one part of the registry tells. A broken or denied key costs that key and a row of coverage."""

    def __init__(self, profile: str) -> None:
        self.profile = profile
        self.device = DeviceFacts()
        self.profiles: list[Profile] = []
        self.apps: list[App] = []
        self.accounts: list[AccountFact] = []
        self.links: list[Link] = []
        self._unseen: dict[tuple[Section, Unseen], None] = {}

    def guard(self, *sections: Section) -> "_Guard":
        """Turns damage inside the block into rows for these sections."""
        return _Guard(self, sections)

    def fail(self, why: Unseen, *sections: Section) -> None:
        """Notes why sections are not fully seen."""
        self._unseen.update(dict.fromkeys((section, why) for section in sections))

    def key(self, base: Key | None, path: str, *sections: Section) -> Key | None:
        """The key at a path; `None` where it is not there or can't be reached."""
        with self.guard(*sections):
            return None if base is None else base.at(path)
        return None

    def below(self, base: Key | None, path: str, *sections: Section) -> tuple[Key, ...]:
        """The keys below a path; none where it is not there or can't be listed."""
        found: list[Key] = []
        with self.guard(*sections):
            for key in base.below(path) if base is not None else ():
                found.append(key)  # noqa: PERF402 - what came before an error stays
        return tuple(found)

    def facts(self) -> Facts:
        """Everything read, each once."""
        return Facts(
            device=self.device,
            profiles=tuple(dict.fromkeys(self.profiles)),
            apps=tuple(dict.fromkeys(self.apps)),
            accounts=tuple(dict.fromkeys(self.accounts)),
            links=tuple(dict.fromkeys(self.links)),
            coverage=tuple(uncovered(section, self.profile, COLLECTOR, why) for section, why in self._unseen),
        )


class _Guard:
    def __init__(self, reading: Reading, sections: tuple[Section, ...]) -> None:
        self._reading = reading
        self._sections = sections

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, ParseError):
            return False
        unseen = Denied if isinstance(error, AccessDeniedError) else Failed
        self._reading.fail(unseen(f"registry: {error.got}"), *self._sections)
        return True
