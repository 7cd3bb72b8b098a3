"""Draws docs/images/verdicts.svg: what `setapart-auditor verify` prints for the demo, on a terminal of 110 columns.

`setapart-auditor demo`, then `python docs/build_picture.py FOLDER`, where FOLDER is what the demo made.
"""

import io
import os
import pty
import re
import shlex
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 110
SHOWN = "setapart-auditor verify evidence/*.evidence --register register.toml --pack no-2023 --overlay authority.toml"


def printed(folder: Path) -> str:
    """What the command prints on a terminal."""
    files = sorted(str(path.relative_to(folder)) for path in (folder / "evidence").glob("*.evidence"))
    words = [*shlex.split(SHOWN.replace("evidence/*.evidence", " ".join(files))), "--dir", "state"]
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    with subprocess.Popen(words, cwd=folder, stdout=theirs, env=environment):
        os.close(theirs)
        output = b""
        try:
            while chunk := os.read(ours, 65536):
                output += chunk
        except OSError:
            pass  # a terminal ends so
    return output.decode().replace("\r\n", "\n")


def main() -> None:
    """Draws the picture."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ {SHOWN}\n", style="dim"))
    console.print(Text.from_ansi(printed(Path(sys.argv[1]).resolve())))
    drawn = console.export_svg(title="setapart-auditor verify")
    # Fonts of the reader's own system: a document that fetches something tells who reads it.
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL).replace("Fira Code, ", "")
    Path(__file__).with_name("images").joinpath("verdicts.svg").write_text(drawn, encoding="utf-8")


main()
