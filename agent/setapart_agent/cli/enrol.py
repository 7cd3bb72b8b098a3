"""`setapart-agent enrol`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from setapart_agent.cli.exchange import WAITING, connect, courier_of, utc_now
from setapart_agent.cli.keygen import make_key_files
from setapart_agent.cli.options import key_path, read_key, read_small
from setapart_agent.errors import AgentError
from setapart_agent.state import state_folder
from setapart_evidence.errors import EvidenceError

if TYPE_CHECKING:
    from setapart_agent.membership import Membership
    from setapart_evidence.keys import Signer


@click.command("enrol")
@click.argument("token", required=False, metavar="TOKEN")
@click.option(
    "--token-file", type=click.Path(path_type=Path, allow_dash=True), help="The token in a file; - for stdin."
)
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="The agent's state folder.")
@click.option("--name", help="What this machine is called. Default: its host name.")
@click.option(
    "--ca", type=click.Path(path_type=Path), help="The CA (PEM) that vouches for the auditor, if it has its own."
)
@click.option(
    "--keystore",
    default="file",
    show_default=True,
    metavar="WHERE",
    help="Where a new key is made: file, tpm, or a pkcs11: URI.",
)
@click.option("--words", is_flag=True, help="Print the words of this agent's key, and do nothing else.")
@click.option("--rotate", is_flag=True, help="Change the key; the device keeps its id.")
@click.option("--output", type=click.Path(path_type=Path), help="Write the request to a file in place of sending it.")
@click.option("--answer", type=click.Path(path_type=Path), help="The auditor's answer, carried here.")
@click.option("--bundle", "bundle_file", type=click.Path(path_type=Path), help="The policy bundle, carried here.")
def command(
    *,
    token: str | None,
    token_file: Path | None,
    folder: Path | None,
    name: str | None,
    ca: Path | None,
    keystore: str,
    words: bool,
    rotate: bool,
    output: Path | None,
    answer: Path | None,
    bundle_file: Path | None,
) -> None:
    """Become an agent of an auditor, with the TOKEN that an officer issued; make a key if there is none.

    Without TOKEN: ask again whether an officer has let this agent in. TOKEN may also be - for standard input, so that
    it stands in no list of processes. Exit code 3 while the answer waits for an officer, or is to be carried here.
    """
    from setapart_agent.enrolment import folder_ready, take_answer, take_bundle

    home = folder or state_folder()
    spelled = _token(token, token_file)
    if words:
        _tell_words(read_key(key_path(None, folder)))
        return
    folder_ready(home)
    if answer is not None or bundle_file is not None:
        if answer is not None:
            _tell(home, take_answer(home, read_small(answer)))
        if bundle_file is not None:
            click.echo(f"policy bundle {take_bundle(home, read_small(bundle_file), utc_now())}")
        return
    if rotate:
        _rotate(home, keystore, output, ca)
        return
    if spelled is not None:
        _ask(home, spelled, name=name, keystore=keystore, ca=ca)
    if output is not None:
        _write_request(home, output)
        raise SystemExit(WAITING)
    _send(home, ca)


def _token(token: str | None, file: Path | None) -> str | None:
    """The token as it was given, None if none was."""
    if token is not None and file is not None:
        raise AgentError("a token and a file with one", expected="one of them")
    if "-" in (token, str(file)):
        return sys.stdin.readline().strip()
    if file is not None:
        return read_small(file).decode("utf-8", "replace").strip()
    return token


def _ask(home: Path, spelled: str, *, name: str | None, keystore: str, ca: Path | None) -> None:
    from setapart_agent.enrolment import ask_to_enrol, short_host_name
    from setapart_agent.membership import read_membership
    from setapart_agent.sources import local_device
    from setapart_evidence.enrolment import parse_token

    token = parse_token(spelled)
    path = key_path(None, home)
    if not path.exists() and read_membership(home) is None:
        make_key_files(path, keystore)
    signer = read_key(path)
    ask_to_enrol(home, token, signer, local_device(), name=name or short_host_name(), ca=ca, now=utc_now())


def _write_request(home: Path, output: Path) -> None:
    from setapart_agent.membership import read_membership

    membership = read_membership(home)
    request = None if membership is None else membership.request or membership.rotation
    if request is None:
        raise AgentError("no request waits for an answer", expected="TOKEN, or --rotate")
    from setapart_agent.private_files import write_private

    write_private(output, request.encode())
    click.echo(f"request written to {output}: carry it to the auditor, and its answer back here with --answer FILE")


def _send(home: Path, ca: Path | None) -> None:
    from setapart_agent.enrolment import send_request
    from setapart_agent.membership import read_membership

    present = read_membership(home)
    if present is not None and present.is_enrolled:
        _tell(home, present)
        return
    if present is not None and not present.url:
        raise AgentError(
            "this token names no address: its request is carried by hand",
            expected="--output FILE",
            cure="carry the file to the auditor, and its answer back here with --answer FILE",
        )
    membership = send_request(home, lambda membership: connect(membership, ca), ca=ca)
    if membership.is_enrolled:
        with courier_of(home, ca) as courier:
            courier.fetch_bundle()
    _tell(home, membership)


def _rotate(home: Path, keystore: str, output: Path | None, ca: Path | None) -> None:
    from setapart_agent.enrolment import ask_to_rotate, send_rotation
    from setapart_agent.membership import enrolled
    from setapart_evidence.keystore import make_key

    membership = enrolled(home)
    old = read_key(key_path(None, home))
    if membership.url and membership.rotation is None and output is None:
        with courier_of(home, ca) as courier:
            courier.deliver()
    ask_to_rotate(home, old, lambda: make_key(keystore), utc_now())
    if output is not None:
        _write_request(home, output)
        raise SystemExit(WAITING)
    _tell(home, send_rotation(home, lambda membership: connect(membership, ca)))


def _tell(home: Path, membership: "Membership") -> None:
    """Says as what this agent is known; ends with 3 while it waits.

    Raises:
        SystemExit: it waits.
    """
    signer = read_key(key_path(None, home))
    if not membership.is_enrolled:
        click.echo("An officer has to let this agent in: read these words to them.")
        _tell_words(signer)
        click.echo("Then run `setapart-agent enrol` again.")
        raise SystemExit(WAITING)
    click.echo(f"enrolled as {membership.name}\ndevice id    {membership.device}")
    _tell_words(signer)
    if membership.bundle is not None:
        from setapart_agent.delivery_record import read_record
        from setapart_agent.membership import pinned_bundle

        try:
            bundle = pinned_bundle(home, membership)
        except (AgentError, EvidenceError):
            bundle = None
        trouble = read_record(home).bundle_trouble
        if bundle is not None:
            click.echo(f"policy bundle {bundle.bundle.version}, valid until {bundle.bundle.expires_at:%Y-%m-%d}")
        elif trouble is not None:
            click.echo(f"setapart-agent: no policy bundle yet: {trouble.got}", err=True)
        else:
            click.echo("no policy bundle yet: `setapart-agent deliver` fetches it, or give it with --bundle", err=True)


def _tell_words(signer: "Signer") -> None:
    from setapart_evidence.words import words_of

    click.echo(f"key id       {signer.public.keyid}\nwords        {words_of(signer.public.keyid)}")
