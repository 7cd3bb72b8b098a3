"""Mail programs of the terminal: their settings are the same on every system that has them."""

from setapart_agent.collectors.desktop.survey import Place

PLACES = (
    Place(
        client="isync", parser="desktop.parse.isync", paths=(".mbsyncrc", ".config/isyncrc", ".config/isync/mbsyncrc")
    ),
    Place(
        client="offlineimap", parser="desktop.parse.offlineimap", paths=(".offlineimaprc", ".config/offlineimap/config")
    ),
    Place(client="getmail", parser="desktop.parse.getmail", paths=(".getmail/*", ".config/getmail/*"), mixed=True),
    Place(client="fetchmail", parser="desktop.parse.fetchmail", paths=(".fetchmailrc",)),
    Place(client="msmtp", parser="desktop.parse.msmtp", paths=(".msmtprc", ".config/msmtp/config")),
    Place(client="mutt", parser="desktop.parse.muttrc", paths=(".muttrc", ".neomuttrc")),
    Place(
        client="mutt",
        parser="desktop.parse.muttrc",
        paths=tuple(
            f"{folder}/{names}"
            for folder in (".mutt", ".neomutt", ".config/mutt", ".config/neomutt")
            for names in ("*", "*/*")
        ),
        mixed=True,
    ),
    Place(client="aerc", parser="desktop.parse.aerc", paths=(".config/aerc/accounts.conf",)),
    Place(
        client="himalaya",
        parser="desktop.parse.himalaya",
        paths=(".config/himalaya/config.toml", ".himalayarc", ".himalaya.toml"),
    ),
)
"""Where they stand below a home."""
