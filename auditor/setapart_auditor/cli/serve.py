"""`setapart-auditor serve`: evidence taken in over HTTP(S)."""

import ssl
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from setapart_auditor.cli.acting import opened
from setapart_auditor.cli.acting_options import folder_option

if TYPE_CHECKING:
    from setapart_auditor.installation import Installation

_TRY_LATER = 75
"""EX_TEMPFAIL of sysexits.h. 2 stands for what waiting does not mend: a service manager need not start it again."""


@click.command("serve")
@click.option("--listen", metavar="HOST:PORT", help="Where to listen. Default: [serve] listen of auditor.toml.")
@click.option("--certificate", type=click.Path(path_type=Path), help="PEM file of the certificate, with its chain.")
@click.option("--key", type=click.Path(path_type=Path), help="PEM file of the certificate's private key.")
@click.option("--behind-proxy", is_flag=True, help="Serve plain http beyond this machine: a proxy does TLS.")
@click.option("--no-appraiser", is_flag=True, help="Take in only; another process judges.")
@folder_option()
def command(
    *,
    listen: str | None,
    certificate: Path | None,
    key: Path | None,
    behind_proxy: bool,
    no_appraiser: bool,
    folder: Path | None,
) -> None:
    """Take in enrolments and reports over the network, and judge them, until it is stopped.

    SIGTERM and Ctrl-C let it finish what it has begun. Its log goes to standard error, one JSON object a line.
    Exit code 75 if the database does not answer at the start: it may later.
    """
    from setapart_auditor.errors import TransientStoreError
    from setapart_evidence.text import printable

    try:
        _serve(listen, certificate, key, folder, behind_proxy=behind_proxy, appraise=not no_appraiser)
    except TransientStoreError as exc:
        click.echo(f"setapart-auditor: {printable(str(exc), 4000)}", err=True)
        raise SystemExit(_TRY_LATER) from None


def _serve(
    listen: str | None,
    certificate: Path | None,
    key: Path | None,
    folder: Path | None,
    *,
    behind_proxy: bool,
    appraise: bool,
) -> None:
    from setapart_auditor.installation import load_policies
    from setapart_auditor.intake.service import Intake
    from setapart_auditor.intake.verifier import usual_count
    from setapart_auditor.web import events
    from setapart_auditor.web.app import make_app
    from setapart_auditor.web.chores import Chores
    from setapart_auditor.web.server import Server, calm_collector, listen_on, parse_listen, raise_file_limit
    from setapart_auditor.web.state import look

    with opened(folder) as installation:
        host, port = parse_listen(listen or installation.settings.serve.listen)
        context = _context(installation, certificate, key)
        _check_plain(installation, host, secure=context is not None, behind_proxy=behind_proxy)
        policies = load_policies(installation)
        with installation.store.read() as connection:
            look(connection)
        intake = Intake(installation, policies, verifiers=usual_count(installation.settings.serve.verifiers))
        app = make_app(installation, intake)
        raise_file_limit()
        listener = listen_on(host, port)
        spelled = f"[{host}]" if ":" in host else host
        url = f"{'http' if context is None else 'https'}://{spelled}:{listener.getsockname()[1]}"
        events.begin(sys.stderr)

        def ready() -> None:
            calm_collector()
            click.echo(f"serving {url} as auditor {installation.keyid[:16]}…")
            sys.stdout.flush()
            events.say("ready", url=url)

        chores = Chores(installation, appraise=appraise)
        intake.start()
        chores.start()
        try:
            Server(app, context, ready).run([listener])
        finally:
            intake.close()
            chores.close()
            events.say("stopped")


def _context(installation: "Installation", certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    from setapart_auditor.errors import AuditorError
    from setapart_auditor.web.server import tls_context

    settings = installation.settings.serve
    if certificate is None and key is None:
        certificate = installation.folder / settings.certificate if settings.certificate else None
        key = installation.folder / settings.key if settings.key else None
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise AuditorError("a certificate without its key, or a key alone", expected="both, or none behind a proxy")
    return tls_context(certificate, key)


def _check_plain(installation: "Installation", host: str, *, secure: bool, behind_proxy: bool) -> None:
    """Plain http leaves this machine only where a proxy is said to be in front."""
    from setapart_auditor.errors import AuditorError
    from setapart_auditor.web.server import is_loopback

    if secure or behind_proxy or is_loopback(host) or installation.settings.serve.trusted_proxies:
        return
    raise AuditorError(
        f"plain http on {host}",
        expected="https, or an address of this machine alone",
        cure="give --certificate and --key, or --behind-proxy if a proxy in front does TLS",
    )
