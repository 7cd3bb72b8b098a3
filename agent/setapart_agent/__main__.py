"""`python -m setapart_agent`."""

from setapart_agent.cli import main

main()
