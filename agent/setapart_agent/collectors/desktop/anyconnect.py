"""Where Cisco's AnyConnect and Secure Client keep their gateways on Linux and on Macs: the same places below `/`."""

from setapart_agent.collectors.desktop.survey import Place

_PARSER = "desktop.parse.anyconnect"
SYSTEM = Place(
    client="anyconnect",
    parser=_PARSER,
    paths=tuple(
        f"opt/cisco/{folder}/{name}"
        for folder in ("anyconnect", "secureclient/vpn")
        for name in ("profile/*.xml", ".anyconnect_global")
    ),
    sections=("links",),
)
"""What the administrator rolled out, and the gateway that was used last."""
HOME = Place(client="anyconnect", parser=_PARSER, paths=(".anyconnect",), sections=("links",))
"""What a user's own client remembers."""
