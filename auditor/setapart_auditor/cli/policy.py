"""`setapart-auditor policy`: list, show and check packs; make the bundle for agents."""

import datetime as dt
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import msgspec

from setapart_auditor.cli.output import print_table, write_public
from setapart_auditor.config import config_root
from setapart_auditor.errors import PolicyError
from setapart_auditor.json_text import json_text
from setapart_auditor.policy.catalog import load_catalog
from setapart_auditor.policy.load import UnreadableError, base_of, load_policy, pack_ids
from setapart_auditor.policy.model import Policy
from setapart_evidence.text import printable

_OVERLAY = click.option(
    "--overlay",
    type=click.Path(path_type=Path),
    help="The authority's own file: what is internal, and what is stricter.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What `policy check` says of one pack: whether the rule holds, in how many states, and what is wrong."""

    pack: str
    holds: bool
    states: int = 0
    fault: str | None = None


@click.group()
def command() -> None:
    """List, show and check packs; make the bundle for agents."""


@command.command("list")
@_JSON
def list_(*, as_json: bool) -> None:
    """Every pack, who issued it, how binding it is and since when."""
    root = config_root()
    catalog = load_catalog(root)
    policies = [load_policy(pack, root=root, catalog=catalog) for pack in pack_ids(root)]
    if as_json:
        _print_json({"packs": [_summary(policy) for policy in policies]})
        return
    rows = [
        (pack.id, pack.title, pack.source.binding, _in_force(policy), "yes" if pack.source.verified else "no")
        for policy in policies
        for pack in (policy.pack,)
    ]
    print_table(("pack", "title", "binding", "in force", "source read"), rows)


@command.command()
@click.argument("pack")
@_OVERLAY
@_JSON
def show(pack: str, *, overlay: Path | None, as_json: bool) -> None:
    """What a pack restricts, on whose devices, with which exceptions, and where that is written."""
    policy = load_policy(pack, overlay)
    if as_json:
        _print_json(
            {
                **_summary(policy),
                "pack": policy.pack,
                "restricted": _identifiers(policy),
                "severities": policy.severities,
                "days": policy.days,
            }
        )
        return
    found = policy.pack
    click.echo(printable(f"{found.id}, version {found.version}: {found.title}", 1000))
    print_table(("", ""), _facts(policy))
    click.echo()
    rows = [(app, head if head != app else None, str(count)) for app, head, count in _apps(policy)]
    print_table(("restricted app", "variant of", "identifiers"), rows)


def _facts(policy: Policy) -> list[tuple[str, str]]:
    pack = policy.pack
    source, covers, rule = pack.source, pack.covers, pack.exception
    facts = [
        ("source", f"{source.instrument}, {source.issuer}, {source.date}"),
        ("binding", source.binding.replace("-", " ")),
        ("in force", _in_force(policy)),
        ("covers", f"{', '.join(covers.persons)}; {', '.join(covers.devices)}; {covers.trigger.replace('-', ' ')}"),
        ("private devices", "covered" if covers.byod else "not covered"),
        ("web access", "counts" if covers.web_access else "does not count"),
        ("exceptions", _exceptions(policy) if rule.allowed else "none"),
        ("evidence", f"at most {pack.freshness.max_age} days old"),
        ("internal", ", ".join(sorted(policy.internal)) or "not said; an overlay of yours says it"),
        ("source read", f"{'yes' if source.verified else 'no'}, {source.checked}"),
    ]
    facts += [("unverified", text) for text in source.unverified]
    facts += [("see", url) for url in source.urls]
    return [*facts, ("digest", policy.digest)]


def _exceptions(policy: Policy) -> str:
    rule = policy.pack.exception
    parts = [f"up to {rule.max_days} days"]
    if rule.grounds:
        parts.append(f"for {', '.join(rule.grounds)}")
    if rule.approver_role:
        parts.append(f"approved by {rule.approver_role}{'' if rule.delegable else ', not delegable'}")
    if rule.not_for_roles:
        parts.append(f"never for {', '.join(rule.not_for_roles)}")
    if rule.not_for_apps:
        parts.append(f"never {', '.join(rule.not_for_apps)}")
    if rule.signed:
        parts.append("signed by two officers")
    return "; ".join((*parts, *rule.device_conditions))


def _in_force(policy: Policy) -> str:
    effective = policy.pack.effective
    return f"{effective.from_} to {effective.sunset}" if effective.sunset else f"since {effective.from_}"


def _summary(policy: Policy) -> dict[str, object]:
    pack = policy.pack
    return {
        "id": pack.id,
        "version": pack.version,
        "title": pack.title,
        "base": pack.base,
        "binding": pack.source.binding,
        "from": pack.effective.from_,
        "review_by": pack.effective.review_by,
        "sunset": pack.effective.sunset,
        "verified": pack.source.verified,
        "apps": sorted(policy.apps),
        "digest": policy.digest,
        "pack_digest": policy.pack_digest,
        "overlay_digest": policy.overlay_digest,
        "catalog_digest": policy.catalog_digest,
    }


def _identifiers(policy: Policy) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {app: [] for app in sorted(policy.apps)}
    for keys in (policy.restricted, policy.web, policy.suspicious):
        for key, app in keys.items():
            found[app].append(key)
    return found


def _apps(policy: Policy) -> list[tuple[str, str, int]]:
    return [(app, policy.apps[app], len(keys)) for app, keys in _identifiers(policy).items()]


def _print_json(value: object) -> None:
    click.echo(msgspec.json.format(json_text(value)))


@command.command()
@click.option("--pack", required=True, help="The rule: a pack's id (see `policy list`), or a file.")
@_OVERLAY
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Where the bundle goes.")
@click.option("--key", type=click.Path(path_type=Path), help="Sign with this private key instead of the folder's own.")
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path), help="The authority's folder: its keys and issued bundles."
)
@click.option(
    "--level",
    type=click.Choice(["scoped", "full"]),
    default="scoped",
    show_default=True,
    help="What leaves a device: what the rule asks for, or everything but addresses.",
)
@click.option(
    "--addresses",
    type=click.Choice(["none", "internal", "all"]),
    default="none",
    show_default=True,
    help="Whose addresses leave as keyed digests, so that one account on two devices is seen.",
)
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True, help="How long agents may use it.")
def bundle(
    *,
    pack: str,
    overlay: Path | None,
    output: Path,
    key: Path | None,
    folder: Path | None,
    level: str,
    addresses: str,
    days: int,
) -> None:
    """Make the signed bundle that tells agents what may leave a device."""
    from setapart_auditor.authority import default_folder, issue_bundle, open_authority
    from setapart_auditor.policy.bundle import Choices

    root = config_root()
    catalog = load_catalog(root)
    policy = load_policy(pack, overlay, root, catalog=catalog)
    authority = open_authority(folder or default_folder(), key=key)
    if authority.is_new:
        click.echo(f"made the authority's keys in {authority.folder}: keep a backup", err=True)
    if not policy.internal:
        click.echo(
            "nothing is said to be internal: agents will keep every account's domain back, and dedicated devices with "
            "accounts stay inconclusive; name an --overlay with [internal]",
            err=True,
        )
    choices = msgspec.convert({"level": level, "addresses": addresses, "days": days}, Choices)
    issued = issue_bundle(authority, policy, catalog, choices, dt.datetime.now(dt.UTC))
    write_public(output, issued.raw)
    made = issued.signed.bundle
    click.echo(
        f"bundle {made.version} for {made.pack.id}: {len(made.identifiers)} identifiers, {len(made.internal)} internal "
        f"names, until {made.expires_at:%Y-%m-%d}, authority {issued.signed.keyid[:16]}…"
    )


@command.command()
@click.argument("packs", nargs=-1, metavar="[PACK]...")
@_OVERLAY
@_JSON
def check(packs: tuple[str, ...], *, overlay: Path | None, as_json: bool) -> None:
    """Prove by trying every state that a pack can't be switched off; without a name, check them all.

    Exits with 1 where a pack is refused or a state contradicts the rule.
    """
    from setapart_auditor.policy_check import check_policy

    root = config_root()
    catalog = load_catalog(root)
    if overlay is not None and not packs:
        packs = (base_of(overlay),)
    results: list[Checked] = []
    packs = packs or pack_ids(root)
    if not packs:
        raise UnreadableError("no pack to check", expected="packs in the configuration", where=str(root))
    for pack in _with_progress(packs):
        try:
            outcome = check_policy(load_policy(pack, overlay, root, catalog=catalog))
        except UnreadableError:
            raise
        except PolicyError as exc:
            results.append(Checked(pack=pack, holds=False, fault=str(exc)))
        else:
            fault = str(outcome.fault) if outcome.fault else None
            results.append(Checked(pack=pack, holds=fault is None, states=outcome.states, fault=fault))
    if as_json:
        _print_json({"packs": results})
    else:
        rows = [(one.pack, "holds" if one.holds else "refused", str(one.states), one.fault) for one in results]
        print_table(("pack", "result", "states", "why"), rows)
    sys.exit(0 if all(one.holds for one in results) else 1)


def _with_progress(packs: Sequence[str]) -> Iterator[str]:
    """The packs, with a bar on a terminal: a check takes seconds."""
    if not sys.stderr.isatty():
        yield from packs
        return
    with click.progressbar(packs, label="checking", file=sys.stderr) as bar:
        yield from bar
