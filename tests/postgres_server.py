"""A real PostgreSQL server for tests, private to them: Debian's binaries, a cluster in a temporary folder."""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: int(one.parent.name))
USER = "setapart"


def is_installed() -> bool:
    """Whether the server's programs are there."""
    return bool(BINARIES) and (BINARIES[-1] / "postgres").exists()


@dataclass
class PostgresServer:
    """A cluster that listens on a socket in its folder alone; what it commits is on disk, as in production."""

    folder: Path

    @classmethod
    def create(cls) -> "PostgresServer":
        """Makes and starts a cluster."""
        server = cls(Path(tempfile.mkdtemp(prefix="pg")))
        if os.geteuid() == 0:
            os.chown(server.folder, _unprivileged().pw_uid, _unprivileged().pw_gid)
        server._run("initdb", "-D", server.data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        with (server.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(
                f"listen_addresses = ''\nunix_socket_directories = '{server.folder}'\n"
                "max_connections = 60\nshared_buffers = 64MB\nautovacuum_naptime = 10s\n"
            )
        server.start()
        return server

    @property
    def data(self) -> Path:
        """The cluster's own folder."""
        return self.folder / "data"

    def url(self, database: str) -> str:
        """The URL of a database."""
        return f"postgresql://{USER}@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """Makes an empty database. Returns its URL."""
        name = f"t{uuid.uuid4().hex}"
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Runs a statement as the cluster's owner."""
        return self._run("psql", "-h", self.folder, "-U", USER, "-d", database, "-XAtqc", statement)

    def start(self) -> None:
        """Starts the server, and waits for it."""
        self._run("pg_ctl", "-D", self.data, "-w", "-t", "300", "-l", self.folder / "log", "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stops the server; `immediate` is as if the power had failed."""
        self._run("pg_ctl", "-D", self.data, "-w", "-m", mode, "stop")

    def close(self) -> None:
        """Stops the server for good and removes its folder."""
        subprocess.run(
            [str(BINARIES[-1] / "pg_ctl"), "-D", str(self.data), "-m", "immediate", "stop"],
            check=False, capture_output=True, **_as_nobody(),
        )  # fmt: skip
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: object) -> str:
        ran = subprocess.run(
            [str(BINARIES[-1] / program), *map(str, arguments)],
            check=False,
            stdout=subprocess.PIPE if program == "psql" else subprocess.DEVNULL,
            stderr=subprocess.PIPE if program == "psql" else subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            text=True,
            cwd="/",
            **_as_nobody(),
        )
        assert ran.returncode == 0, f"{program}: {ran.stderr}"
        return ran.stdout or ""


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise AssertionError("no unprivileged user")


def _as_nobody() -> dict[str, object]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    user = _unprivileged()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
