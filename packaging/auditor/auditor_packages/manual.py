"""What the auditor's man page says beside its commands, which `agent_packages.manual` takes from the program."""

from agent_packages.manual import Rows

AUDITOR: dict[str, Rows] = {
    "SERVICES": (
        ("setapart-auditor", "takes evidence in over the network and judges it"),
        ("setapart-auditor-sweep", "judges every device, every hour"),
        ("setapart-auditor-backup", "writes a backup, every night"),
        ("setapart-auditor-retain", "erases inventories that were kept long enough, every night"),
    ),
    "FILES": (
        ("/var/lib/setapart-auditor", "the auditor: keys, database, rule, and its settings in auditor.toml"),
        ("/var/lib/setapart-auditor-backups", "the backups; each holds every key"),
        ("/etc/default/setapart-auditor", "options of the services"),
        ("/usr/share/doc/setapart-auditor", "the guides, and examples for nginx and Prometheus"),
    ),
    "EXIT STATUS": (
        ("0", "done; every device is compliant or excepted"),
        ("1", "a violation, an invalid device or rejected evidence"),
        ("2", "something of the caller's can't be used"),
        ("3", "nothing worse than inconclusive, stale or pending"),
        ("5", "there is no Python 3.11 or 3.13"),
        ("70", "a defect of the program"),
        ("75", "of `serve`: the database does not answer"),
    ),
}
"""What the page says after the commands."""
