"""`setapart-agent parse`."""

from pathlib import Path

import click
import msgspec

from setapart_agent.cli.table import print_table
from setapart_agent.collectors.base import Collected, CollectorInfo
from setapart_agent.collectors.registry import PARSERS, parse_file, parser_of, recognise
from setapart_agent.collectors.worker import in_worker
from setapart_agent.errors import ParseError, SourceError
from setapart_agent.facts import AccountFact, Facts, domain_of

_LIMIT = 1024 * 1024 * 1024


@click.command("parse")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--kind", metavar="KIND", help="What the file is, where its content does not tell.")
@click.option("--list", "list_kinds", is_flag=True, help="List the kinds of files that can be parsed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, file: Path | None, kind: str | None, list_kinds: bool, as_json: bool) -> None:
    """Run one parser on one captured FILE, and show only what that file can tell.

    This is how an odd device is looked at: disclosure is full, addresses are cut to their domains, nothing is signed.
    """
    if list_kinds:
        _list(as_json=as_json)
        return
    if file is None:
        raise click.UsageError("Missing argument 'FILE', or --list.")
    chosen, facts = _parsed(file, kind)
    if as_json:
        click.echo(msgspec.json.encode(_view(chosen, facts)).decode())
    else:
        _print(chosen, facts)


def _parsed(path: Path, kind: str | None) -> tuple[str, Facts]:
    """The kind and the facts of a file, read in a worker: whatever it does to its parser ends there.

    Raises:
        ParseError: it can't be read, is of no kind that is known, or broke its parser.
    """
    try:
        (found,) = in_worker(lambda _ask: (_read_and_parse(path, kind),))
    except SourceError as exc:
        cure = exc.cure and "report this, with the kind of the file and the version of the agent"
        raise ParseError(f"{path.name}: {exc.got}", expected="a captured file", cure=cure) from None
    return found.collectors[0].name, found.facts


def _read_and_parse(path: Path, kind: str | None) -> Collected:
    content = _read(path)
    chosen = kind or recognise(path, content)
    if chosen is None:
        raise ParseError(
            f"{path.name}: a file of no kind that is known here", cure="choose one of `parse --list` with --kind"
        )
    facts = parse_file(chosen, path, content)
    maturity = parser_of(chosen).MATURITY
    parser = CollectorInfo(name=chosen, version=1, sections=(), maturity=maturity, reads=(), modules=())
    return Collected(facts=facts, collectors=(parser,))


def _read(path: Path) -> bytes:
    if not path.exists():
        raise ParseError(f"no file {path}", expected="a captured file")
    if not path.is_file():
        raise ParseError(f"{path} is not a regular file", expected="one captured file")
    if path.stat().st_size > _LIMIT:
        raise ParseError(f"{path.name} is larger than {_LIMIT} bytes", expected="one captured file")
    return path.read_bytes()


def _list(*, as_json: bool) -> None:
    kinds = [(kind, parser_of(kind).MATURITY) for kind in PARSERS]
    if as_json:
        click.echo(msgspec.json.encode([{"kind": kind, "maturity": maturity} for kind, maturity in kinds]).decode())
    else:
        print_table(("kind", "tried on"), kinds)


def _view(kind: str, facts: Facts) -> dict[str, object]:
    device = msgspec.to_builtins(facts.device)
    device.pop("serial")
    return {
        "kind": kind,
        "device": device,
        "profiles": facts.profiles,
        "apps": facts.apps,
        "accounts": tuple(map(_account, facts.accounts)),
        "links": facts.links,
        "coverage": facts.coverage,
    }


def _account(fact: AccountFact) -> dict[str, object]:
    found: dict[str, object] = msgspec.to_builtins(fact)
    found.pop("address")
    found["domain"] = fact.domain or domain_of(fact.address)
    return found


def _print(kind: str, facts: Facts) -> None:
    click.echo(f"{kind}: {len(facts.apps)} apps, {len(facts.accounts)} accounts, {len(facts.links)} links")
    if facts.profiles:
        click.echo()
        print_table(("profile", "kind", "running"), ((p.id, p.kind, _yes_no(p.running)) for p in facts.profiles))
    if facts.apps:
        click.echo()
        rows = ((a.identifier, a.name, a.version, a.profile, a.kind, a.state) for a in facts.apps)
        print_table(("identifier", "name", "version", "profile", "kind", "state"), rows)
    if facts.accounts:
        click.echo()
        accounts = (
            (a.type, a.client, ", ".join(a.services), a.domain or domain_of(a.address), a.host, a.tenant, a.profile)
            for a in facts.accounts
        )
        print_table(("account", "client", "reaches", "domain", "host", "tenant", "profile"), accounts)
    if facts.links:
        click.echo()
        print_table(("link", "target", "profile"), ((link.kind, link.target, link.profile) for link in facts.links))
    unseen = [row for row in facts.coverage if row.status != "observed"]
    if unseen:
        click.echo()
        print_table(
            ("not seen", "profile", "status", "why"), ((r.section, r.profile, r.status, r.reason) for r in unseen)
        )


def _yes_no(value: bool | None) -> str | None:  # noqa: FBT001 - three-valued
    return None if value is None else ("yes" if value else "no")
