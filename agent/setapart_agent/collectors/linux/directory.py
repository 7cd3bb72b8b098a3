"""What joins a machine or a user to an organisation: directories, Kerberos, device management."""

import re

from msgspec import structs

from setapart_agent.collectors.base import Absent, Denied, Observed
from setapart_agent.collectors.desktop.host import DesktopCollector, Host, User
from setapart_agent.collectors.desktop.survey import Place, Survey, info_of, result, survey_of, user_surveys
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts
from setapart_evidence.model import Section

_LINKS: tuple[Section, ...] = ("links",)
_SSSD = Place(
    client="sssd", parser="linux.parse.sssd", paths=("etc/sssd/sssd.conf", "etc/sssd/conf.d/*.conf"), sections=_LINKS
)
_KRB5 = Place(client="kerberos", parser="desktop.parse.krb5", paths=("etc/krb5.conf",), sections=_LINKS)
_KRB5_PARTS = Place(
    client="kerberos", parser="desktop.parse.krb5", paths=("etc/krb5.conf.d/*",), sections=_LINKS, mixed=True
)
_TICKETS = Place(client="kerberos", parser="linux.parse.ccache", paths=("tmp/krb5cc_*",), sections=_LINKS)
_SYSTEM = (
    Place(client="keytab", parser="linux.parse.keytab", paths=("etc/krb5.keytab",), sections=_LINKS),
    Place(client="winbind", parser="linux.parse.smb", paths=("etc/samba/smb.conf",), sections=_LINKS),
    Place(
        client="directory client",
        parser="linux.parse.joins",
        paths=(
            "etc/ipa/default.conf",
            "etc/himmelblau/himmelblau.conf",
            "etc/nslcd.conf",
            "etc/yp.conf",
            "var/snap/authd-msentraid/current/broker.conf",
        ),
        sections=_LINKS,
    ),
    Place(
        client="device management",
        parser="linux.parse.management",
        paths=("etc/landscape/client.conf", "etc/default/orbit", "etc/opt/microsoft/mdatp/mdatp_onboard.json"),
        sections=_LINKS,
    ),
)
_INTUNE = Place(
    client="intune", parser="linux.parse.management", paths=(".config/intune/registration.toml",), sections=_LINKS
)
_OWNER = re.compile(r"tmp/krb5cc_([0-9]{1,10})(?:_.*)?")
_KCM_STORE = "/var/lib/sss/secrets/secrets.ldb"


class Directory:
    """Directory joins, Kerberos realms and managers, as links."""

    info = info_of("linux.directory", __name__, _LINKS, (_SSSD, _KRB5, _TICKETS, *_SYSTEM, _INTUNE))

    def collect(self, host: Host) -> Facts:
        """The machine's own joins, and each user's tickets."""
        system = survey_of(host)
        system.look(_SYSTEM)
        _sssd(system)
        hidden = _kerberos(system)
        tickets = system.find(_TICKETS)
        surveys = [system]
        for user, survey in user_surveys(host):
            survey.look((_INTUNE,))
            _caches(survey, user, tickets)
            if hidden is not None:
                survey.fail(_KRB5.client, _LINKS, hidden)
            surveys.append(survey)
        return result(self.info, host, surveys)


def _sssd(survey: Survey) -> None:
    """All files together: one may switch on what another describes."""
    contents = {path: content for path in survey.find(_SSSD) if (content := survey.read(_SSSD, path)) is not None}
    if contents:
        main, *rest = contents
        survey.parse(_SSSD, main, contents[main], {path: contents[path] for path in rest})


def _kerberos(survey: Survey) -> Denied | None:
    """Parses the configuration; says whether tickets are kept where no file shows them."""
    kinds: list[str | None] = []
    places = [_KRB5, _KRB5_PARTS]
    seen: set[str] = set()
    for place in places:  # grows while files include others
        for path in survey.find(place):
            content = survey.read(place, path) if path not in seen else None
            seen.add(path)
            if content is None:
                continue
            survey.parse(place, path, content)
            from setapart_agent.collectors.desktop.parse.krb5 import hidden_cache, included

            try:
                kinds.append(hidden_cache(content))
            except ParseError:
                continue  # said by parse
            if paths := tuple(path.strip("/") for path in included(content)):
                places.append(structs.replace(_KRB5_PARTS, paths=paths))
    kind = next(filter(None, kinds), None)
    if kind is None or (kind == "KCM" and isinstance(survey.tree.status(_KCM_STORE), Absent)):
        return None
    return Denied(f"tickets are kept in {kind}, not in a file")


def _caches(survey: Survey, user: User, tickets: tuple[str, ...]) -> None:
    """The caches that carry a user's number and are the user's own: /tmp is open to everybody."""
    for path in tickets:
        match = _OWNER.fullmatch(path)
        if match is None or int(match[1]) != user.uid:
            continue
        status = survey.tree.status(f"/{path}")
        if isinstance(status, Observed) and status.value.st_uid == user.uid:
            content = survey.read(_TICKETS, f"/{path}")
            if content:
                survey.parse(_TICKETS, f"/{path}", content)


COLLECTORS: tuple[DesktopCollector, ...] = (Directory(),)
