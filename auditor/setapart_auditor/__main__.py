"""`python -m setapart_auditor`."""

from setapart_auditor.cli import main

main()
