"""The accounts of every user: `dumpsys account`.

Per user a heading `User UserInfo{…}:` at column 0, `Accounts: N` and N lines `Account {name=…, type=…}`; then history,
sessions, `RegisteredServicesCache` and visibility, none of which are accounts. Android before 4.2 has one user and no
heading. Source: AccountManagerService.dump of AOSP.

An account's name is whatever its app chose, line feeds included. Four things keep it from passing for dump: headings
count at column 0 only (AOSP indents what it prints below them, also after a line feed inside a name), names run to the
last `, type=`, the announced count must be met, and a line among the accounts that is none makes the list doubtful.
"""

import re

from msgspec import Struct, structs

from setapart_agent.collectors.android.account_types import LABELLED
from setapart_agent.collectors.android.parse.account_facts import account_facts
from setapart_agent.collectors.android.parse.android_user import AndroidUser, canonical, united, user_of
from setapart_agent.collectors.android.parse.command_output import DAMAGE_PREFIXES, damage_of, normal, refusal
from setapart_agent.collectors.android.parse.dumpsys_user import UserList
from setapart_agent.collectors.android.parse.dumpsys_user import read as read_users
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import Coverage
from setapart_evidence.statement import Maturity

KIND = "android.dumpsys-account"
MATURITY: Maturity = "captures"

COLLECTOR = "android.accounts"
NOT_SHOWN = "dumpsys account does not show this user"

_HEADING = re.compile(r"User UserInfo\{(\d{1,10})\b")
_COUNT = re.compile(r"( *)Accounts: (\d{1,6})\s*")
_START, _TYPE = "Account {name=", ", type="
_SERVICE = re.compile(r"\s*ServiceInfo: AuthenticatorDescription \{type=(.*)\}, ComponentInfo\{([\w.]+)/")
_LONGEST_NAME = 8192
_MOST_LINES = 16


class DumpedAccount(Struct, frozen=True, kw_only=True):
    """One account line; `client` is the package whose authenticator the same dump names for the type."""

    user: str
    name: str
    type: str
    client: str | None = None


class UserAccounts(Struct, frozen=True, kw_only=True):
    """The accounts of one user; `damage` says why there may be more or fewer than listed."""

    user: AndroidUser
    accounts: tuple[DumpedAccount, ...]
    damage: str | None = None


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """Whether this is the dump of the account service and not a whole bug report, nor the content service's count."""
    head = normal(content[: 256 * 1024])
    if re.search(r"^DUMP OF SERVICE |^Packages:$", head, re.MULTILINE):
        return False
    return re.search(r"^ *Accounts: \d+[ ]*$(?!\nNow: )", head, re.MULTILINE) is not None


def parse(files: FileSet) -> Facts:
    """The accounts, the users that the same capture lists, and which of their accounts it does not show."""
    output = normal(files.main)
    shown = read(output)
    try:
        listed = read_users(output)
    except ParseError:
        listed = UserList(users=())
    users = united((*listed.users, *(one.user for one in shown)))
    facts = [
        account_facts(account.user, account.name, account.type, account.client)
        for one in shown
        for account in one.accounts
    ]
    return Facts(
        profiles=tuple(user.profile() for user in users),
        accounts=tuple(account for account, _ in facts if account is not None),
        links=tuple(dict.fromkeys(link for _, link in facts if link is not None)),
        coverage=coverage(users, shown),
    )


def coverage(users: tuple[AndroidUser, ...], shown: tuple[UserAccounts, ...]) -> tuple[Coverage, ...]:
    """One row per user: observed, partial where the list is doubtful, denied where the dump leaves the user out.

    And one for each client in a user's list whose accounts have labels for names.
    """
    by_id = {one.user.id: one for one in shown}
    rows = []
    for user in users:
        seen = by_id.get(user.id)
        row = Coverage(section="accounts", profile=user.id, collector=COLLECTOR, status="observed")
        if seen is None:
            row = structs.replace(row, status="denied", reason=NOT_SHOWN)
        elif seen.damage is not None:
            row = structs.replace(row, status="partial", reason=seen.damage)
        rows.append(row)
        clients = dict.fromkeys(LABELLED[one.type] for one in (seen.accounts if seen else ()) if one.type in LABELLED)
        rows += [structs.replace(row, status="partial", reason=f"own-store:{client}") for client in clients]
    return tuple(rows)


def read(output: str) -> tuple[UserAccounts, ...]:
    """The accounts by user.

    Args:
        output: normal text of the dump, alone or in a captured session.

    Raises:
        ParseError: no list of accounts is there; the message says why if the device told.
    """
    reader = _Reader()
    for line in output.split("\n"):
        reader.feed(line)
    reader.end()
    if not any(block.announced is not None for block in reader.blocks.values()):
        why = refusal(output)
        raise ParseError(why.reason if why else "no list of accounts", expected="the output of dumpsys account")
    clients = reader.clients
    return tuple(
        UserAccounts(
            user=block.user,
            accounts=tuple(
                DumpedAccount(user=block.user.id, name=name, type=kind, client=clients.get(kind))
                for name, kind in block.accounts
            ),
            damage=block.damage,
        )
        for block in reader.blocks.values()
    )


class _Block:
    """What was read of one user so far."""

    def __init__(self, user: AndroidUser) -> None:
        self.user = user
        self.announced: int | None = None
        self.accounts: list[tuple[str, str]] = []
        self.damage: str | None = None
        self.whole = False

    def doubt(self, why: str) -> None:
        """Keeps the first reason for which the list is not to be trusted."""
        self.damage = self.damage or why


class _Reader:
    """Goes through the dump line by line."""

    def __init__(self) -> None:
        self.blocks: dict[str, _Block] = {}
        self.clients: dict[str, str] = {}
        self._block: _Block | None = None
        self._listing = False
        self._open = ""

    def feed(self, line: str) -> None:
        """Takes the next line."""
        if line.startswith("User UserInfo{"):
            self._heading(line)
        elif line.startswith(DAMAGE_PREFIXES):
            self._damage(damage_of(line))
        elif self._open:
            self._continue(line)
        elif _START in line and line.lstrip().startswith(_START):
            self._account(line)
        elif (count := _COUNT.fullmatch(line)) is not None:
            self._count(len(count[1]), int(count[2]))
        elif self._listing:
            self._listing = bool(line.strip())
            if self._listing:
                self._doubt("a line among the accounts is no account")
        else:
            self._elsewhere(line)

    def _elsewhere(self, line: str) -> None:
        """A line outside the lists of accounts."""
        if _TYPE in line and line.rstrip().endswith("}"):
            self._doubt("the end of an account stands outside the list")
        elif (service := _SERVICE.match(line)) is not None:
            self.clients.setdefault(service[1], service[2])
        elif "RegisteredServicesCache:" in line and self._block is not None:
            self._block.whole = True

    def end(self) -> None:
        """Compares what was announced with what was found."""
        if self._open:
            self._broken()
        for block in self.blocks.values():
            if block.announced is None:
                block.doubt("the dump is cut off before the accounts of this user")
            elif len(block.accounts) != block.announced:
                block.doubt(f"{block.announced} accounts announced, {len(block.accounts)} found")
        last = self._block
        if last is not None and not last.whole:
            last.doubt("the dump is cut off")

    def _heading(self, line: str) -> None:
        if self._open:
            self._broken()
        found = _HEADING.match(line)
        user = user_of(line) or (AndroidUser(id=canonical(found[1])) if found else None)
        self._listing = False
        if user is None:
            self._damage("a heading is broken")
            return
        before = self.blocks.get(user.id)
        self._block = self.blocks.setdefault(user.id, _Block(user))
        if before is not None:
            before.doubt("this user is shown twice")

    def _count(self, indent: int, count: int) -> None:
        if self._block is None:
            if indent:
                return
            self._block = self.blocks.setdefault("0", _Block(AndroidUser(id="0")))
        block = self._block
        if block.announced is not None:
            block.doubt("accounts are announced twice")
        block.announced = max(count, block.announced or 0)
        self._listing = True

    def _account(self, line: str) -> None:
        if not self._listing:
            self._doubt("an account stands outside the list")
        if not self._taken(line):
            self._open = line

    def _taken(self, lines: str) -> bool:
        """Whether these lines are a whole account; keeps it if so."""
        body = lines.strip()
        name, comma, kind = body.removeprefix(_START).removesuffix("}").rpartition(_TYPE)
        if not comma or not body.endswith("}") or "\n" in kind:
            return False
        if self._block is not None:
            self._block.accounts.append((name, kind))
        return True

    def _continue(self, line: str) -> None:
        """The next line of an account whose name holds a line feed, unless a new account starts here."""
        if line.lstrip().startswith(_START):
            self._broken()
            self._account(line)
            return
        self._open += "\n" + line
        if self._taken(self._open):
            self._open = ""
        elif len(self._open) > _LONGEST_NAME or self._open.count("\n") > _MOST_LINES:
            self._broken()

    def _broken(self) -> None:
        self._open = ""
        self._doubt("an account line is broken")

    def _doubt(self, why: str) -> None:
        if self._block is not None:
            self._block.doubt(why)

    def _damage(self, why: str) -> None:
        if self._open:
            self._broken()
        self._listing = False
        for block in self.blocks.values():
            block.doubt(why)
