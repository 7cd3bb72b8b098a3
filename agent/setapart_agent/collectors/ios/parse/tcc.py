"""What apps may read of the holder's data: `Library/TCC/TCC.db`, the database of iOS's privacy questions.

Table `access`: `client` is a bundle id where `client_type` is 0; `auth_value` is 2 for allowed and 3 for limited (since
iOS 14; before that `allowed` is 1). Location is asked for elsewhere. Source: a real database of iOS 14.
"""

from collections.abc import Mapping

from setapart_agent.facts import FileSet

_WORDS = {"kTCCServiceAddressBook": "contacts", "kTCCServiceCalendar": "calendar"}
"""Services, and the word of evidence for them."""
_MOST = 20_000

Schema = Mapping[str, tuple[str, ...]]


def queries(schema: Schema) -> dict[str, str]:
    """SQL for the columns that this version of the table has; none for another table."""
    columns = schema.get("access", ())
    if not {"service", "client", "client_type"} <= set(columns):
        return {}
    granted = "auth_value IN (2, 3)" if "auth_value" in columns else "allowed = 1"
    services = ", ".join(f"'{service}'" for service in _WORDS)
    return {
        "granted": (
            f"SELECT client, service FROM access WHERE client_type = 0 AND {granted} "  # noqa: S608 - names of our own
            f"AND service IN ({services}) LIMIT {_MOST}"
        )
    }


def permissions_of(files: FileSet) -> Mapping[str, tuple[str, ...]]:
    """What was granted, in evidence's words, by bundle id in lower case."""
    found: dict[str, set[str]] = {}
    for client, service in files.rows.get("granted", ()):
        if isinstance(client, str) and service in _WORDS:
            found.setdefault(client.lower(), set()).add(_WORDS[str(service)])
    return {client: tuple(sorted(words)) for client, words in found.items()}
