"""What shells need to complete a program's commands and options: click's own scripts, made once, at build time."""

import click
from click.shell_completion import get_completion_class

PLACES = {
    "bash": "usr/share/bash-completion/completions/{}",
    "zsh": "usr/share/zsh/vendor-completions/_{}",
    "fish": "usr/share/fish/vendor_completions.d/{}.fish",
}


def scripts(program: click.Command, name: str) -> dict[str, str]:
    """The scripts by the places where the shells look for them."""
    variable = f"_{name.upper().replace('-', '_')}_COMPLETE"
    made = {}
    for shell, place in PLACES.items():
        kind = get_completion_class(shell)
        assert kind is not None
        # Not `source()`: for bash that asks which one this machine has.
        completer = kind(program, {}, name, variable)
        made[place.format(name)] = (completer.source_template % completer.source_vars()).lstrip("\n")
    return made
