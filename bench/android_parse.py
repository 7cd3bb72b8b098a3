"""A bug report of a 400-app phone: our inventory beside mvt-android on the same file.

`MVT_PYTHON=/path/to/venv/bin/python python bench/android_parse.py [ROUNDS]`; mvt lives in an environment of its own.
"""

import os
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

from measure import median, ratio, rounds, run, spread

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from android_transcripts import OWNER, bugreport, dumpsys_account, dumpsys_package, getprop, package_block

APPS = 400


def write_report(path: Path) -> None:
    blocks = [
        package_block(f"org.vendor{n % 97}.product{n}", {0: ""}, permissions=[f"P{k}" for k in range(30)])
        for n in range(APPS)
    ]
    text = bugreport(
        {
            "account": dumpsys_account({(0, "Owner", OWNER): [("one@mail.example", "com.google")]}),
            "package": dumpsys_package(blocks),
        },
        properties=getprop(),
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("main_entry.txt", "bugreport-demo.txt")
        archive.writestr("bugreport-demo.txt", text)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    agent = str(Path(sysconfig.get_path("scripts"), "setapart-agent"))
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "bugreport.zip")
        write_report(report)
        commands = {"setapart-agent inventory": (agent, "inventory", "--source", f"bugreport:{report}", "--json")}
        mvt = os.environ.get("MVT_PYTHON")
        if mvt is None:
            print("missing peer: mvt (set MVT_PYTHON)")
        else:
            program = str(Path(mvt).with_name("mvt-android"))
            commands["mvt-android check-bugreport"] = (
                program,
                "check-bugreport",
                "--output",
                f"{folder}/mvt",
                str(report),
            )
        assert run(commands["setapart-agent inventory"]).code == 0
        found = rounds(commands, count)
        ours = found["setapart-agent inventory"]
        print(f"{APPS} apps, {report.stat().st_size} bytes\n{'':36}{'CPU ms':>16}{'peak MB':>9}{'ours / it':>11}")
        for name, runs in found.items():
            cpu, rss = spread([r.cpu_ms for r in runs]), median([r.rss_mb for r in runs])
            print(f"{name:36}{cpu:>16}{rss:>9.1f}{ratio(ours, runs):>11.2f}")


if __name__ == "__main__":
    main()
