"""What one report of this workstation costs, beside its floor and its peers. `python bench/agent_run.py [ROUNDS]`."""

import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path

from measure import median, ratio, rounds, run, spread

FUSION = (
    "fusioninventory-agent",
    "--local",
    "{out}",
    "--force",
    "--no-task=Deploy,NetDiscovery,NetInventory,Collect,ESX",
)
# Everything that fusioninventory-agent inventories, except software and users.
NOT_SOFTWARE = (
    "antivirus,battery,bios,controller,cpu,database,drive,environment,firewall,firmware,hostname,input,licenseinfo,"
    "local_group,lvm,memory,modem,monitor,network,port,printer,process,provider,remote_mgmt,rudder,slot,sound,storage,"
    "usb,video,virtualmachine"
)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    agent = str(Path(sysconfig.get_path("scripts"), "setapart-agent"))
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder, "key.pem")
        assert run((agent, "keygen", "--output", str(key))).code == 0
        floor = str(Path(__file__).with_name("floor.py"))
        commands = {
            "setapart-agent report": (agent, "report", "--key", str(key), "--output", f"{folder}/x.evidence"),
            "floor (bench/floor.py)": (sys.executable, floor, str(key), f"{folder}/floor"),
        }
        if shutil.which("dpkg-query"):
            commands["dpkg-query -W"] = ("dpkg-query", "-W")
        if shutil.which("fusioninventory-agent"):
            base = tuple(part.format(out=folder) for part in FUSION)
            commands["fusioninventory, software + users"] = (*base, f"--no-category={NOT_SOFTWARE}")
            commands["fusioninventory, full"] = base
        else:
            print("missing peer: fusioninventory-agent")
        found = rounds(commands, count)
        ours = found["setapart-agent report"]
        print(f"{'':36}{'CPU ms':>16}{'peak MB':>9}{'ours / it':>11}")
        for name, runs in found.items():
            cpu, rss = spread([r.cpu_ms for r in runs]), median([r.rss_mb for r in runs])
            print(f"{name:36}{cpu:>16}{rss:>9.1f}{ratio(ours, runs):>11.2f}")
        assert all(r.code == 0 for r in ours), "the report failed"


main()
