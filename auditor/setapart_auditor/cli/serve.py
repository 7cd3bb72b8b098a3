"""`setapart-auditor serve`."""

from pathlib import Path

import click


@click.command("serve")
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="The auditor's folder. Default: the user's own.")
@click.option("--listen", metavar="HOST:PORT", help="Default: `[serve] listen` of auditor.toml.")
@click.option(
    "--behind-proxy", is_flag=True, help="Plain http on another than the loopback interface: a proxy does TLS."
)
@click.option("--no-appraiser", is_flag=True, help="Take in only; another process judges.")
def command(*, folder: Path | None, listen: str | None, behind_proxy: bool, no_appraiser: bool) -> None:
    """Take in enrolments and reports over HTTP(S), and judge what has arrived.

    HTTPS needs `[serve] certificate` and `key` in auditor.toml. Ends on SIGTERM or SIGINT, when what has arrived is on
    disk.
    """
    from setapart_auditor.installation import open_installation
    from setapart_auditor.web.server import serve

    serve(open_installation(folder), listen=listen, behind_proxy=behind_proxy, appraise=not no_appraiser)
