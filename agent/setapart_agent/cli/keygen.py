"""`setapart-agent keygen`."""

from pathlib import Path

import click

from setapart_agent.errors import KeyFileError
from setapart_agent.private_files import make_private_folder, write_new
from setapart_agent.state import KEY_NAME, state_folder
from setapart_evidence.keys import Algorithm, Signer
from setapart_evidence.keystore import make_key


@click.command("keygen")
@click.option("--output", type=click.Path(path_type=Path), help="Where the private key goes (mode 0600).")
@click.option(
    "--algorithm",
    type=click.Choice(["ed25519", "ecdsa-p256"]),
    help="Default: ed25519, and ecdsa-p256 in a TPM, which knows no other.",
)
@click.option(
    "--keystore",
    default="file",
    show_default=True,
    metavar="WHERE",
    help="file, tpm, or a pkcs11: URI. The key file then says where the key is.",
)
def command(output: Path | None, algorithm: Algorithm | None, keystore: str) -> None:
    """Make a signing key, and its public half beside it (.pub).

    The key is the device's identity: register the .pub file, and never copy the key to another device. A key in a TPM
    or token can't be copied; its key file is worth nothing elsewhere.
    """
    if output is None:
        make_private_folder(state_folder())
        output = state_folder() / KEY_NAME
    signer = make_key_files(output, keystore, algorithm)
    click.echo(f"private key  {output}\npublic key   {output.with_suffix('.pub')}\nkey id       {signer.public.keyid}")


def make_key_files(output: Path, keystore: str, algorithm: Algorithm | None = None) -> Signer:
    """Makes a key and writes its file, and the public half beside it.

    Raises:
        KeyFileError: one of them exists, or can't be written.
        KeystoreError: the keystore can't make such a key.
    """
    public = output.with_suffix(".pub")
    if output == public:
        raise KeyFileError(f"{output} would be both halves of the key", expected="a name that does not end in .pub")
    if output.exists():
        raise KeyFileError(
            f"{output} exists", expected="a new file", cure="choose another name; a key is never overwritten"
        )
    signer, content = make_key(keystore, algorithm)
    write_new(output, content, 0o600)
    try:
        write_new(public, signer.public.pem(), 0o644)
    except KeyFileError:
        output.unlink()
        raise
    return signer
