"""Accounts that serve a whole desktop: GNOME's and KDE's online accounts, Evolution, Akonadi, vdirsyncer."""

from setapart_agent.collectors.base import Failed
from setapart_agent.collectors.desktop.host import DesktopCollector, Host
from setapart_agent.collectors.desktop.survey import Place, Survey, info_of, result, survey_of, user_surveys
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts

_GOA = Place(
    client="gnome-online-accounts",
    parser="linux.parse.goa",
    paths=(".config/goa-1.0/accounts.conf",),
    sections=("accounts", "links"),
)
_RESTRICTIONS = Place(client="gnome-online-accounts", parser="linux.parse.goa", paths=("etc/goa.conf",))
_EVOLUTION = Place(
    client="evolution",
    parser="linux.parse.evolution_source",
    paths=(
        ".config/evolution/sources/*.source",
        ".var/app/org.gnome.Evolution/config/evolution/sources/*.source",
    ),
)
_AKONADI = Place(
    client="akonadi",
    parser="linux.parse.akonadi",
    paths=(".config/akonadi_*_resource_*rc", ".kde*/share/config/akonadi_*_resource_*rc"),
    mixed=True,
)
_INSTANCES = ".config/akonadi/agentsrc"
_PLAIN = (
    Place(client="kaccounts", parser="linux.parse.kaccounts", paths=(".config/libaccounts-glib/accounts.db",)),
    Place(
        client="vdirsyncer",
        parser="desktop.parse.vdirsyncer",
        paths=(".config/vdirsyncer/config", ".vdirsyncer/config"),
    ),
)


class Groupware:
    """The accounts of desktops, with the Kerberos realms and file servers among them as links."""

    info = info_of(
        "linux.groupware",
        __name__,
        ("accounts", "links"),
        (_GOA, _EVOLUTION, _AKONADI, *_PLAIN),
        version=2,
        modules=("setapart_agent.collectors.linux.parse.kconfig",),
    )

    def collect(self, host: Host) -> Facts:
        """Every user's accounts. Machine-wide there are restrictions only."""
        system = survey_of(host)
        restrictions = next((system.read(_RESTRICTIONS, path) for path in system.find(_RESTRICTIONS)), None)
        surveys = [system]
        for _, survey in user_surveys(host):
            survey.look(_PLAIN)
            _goa(survey, restrictions)
            _evolution(survey)
            _akonadi(survey)
            surveys.append(survey)
        return result(self.info, host, surveys)


def _goa(survey: Survey, restrictions: bytes | None) -> None:
    for path in survey.find(_GOA):
        content = survey.read(_GOA, path)
        if content is not None:
            survey.parse(_GOA, path, content, {"goa.conf": restrictions} if restrictions else {})


def _evolution(survey: Survey) -> None:
    """Each source with its collection and its mail identity, which are sources beside it."""
    paths = survey.find(_EVOLUTION)
    if not paths:
        return
    from setapart_agent.collectors.linux.parse.evolution_source import related

    contents = {path: content for path in paths if (content := survey.read(_EVOLUTION, path)) is not None}
    for path, content in contents.items():
        folder = path.rpartition("/")[0]
        try:
            names = related(content)
        except ParseError as exc:
            survey.fail(_EVOLUTION.client, _EVOLUTION.sections, Failed(exc.got))
            continue
        more = {
            role: found
            for role, name in zip(("parent", "identity"), names, strict=True)
            if name and (found := contents.get(f"{folder}/{name}.source"))
        }
        survey.parse(_EVOLUTION, path, content, more)


def _akonadi(survey: Survey) -> None:
    paths = survey.find(_AKONADI)
    instances = survey.read(_AKONADI, _INSTANCES) if paths else None
    for path in paths:
        content = survey.read(_AKONADI, path)
        if content is not None:
            survey.parse(_AKONADI, path, content, {} if instances is None else {"agentsrc": instances})


COLLECTORS: tuple[DesktopCollector, ...] = (Groupware(),)
