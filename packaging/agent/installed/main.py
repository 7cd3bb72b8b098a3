# ruff: noqa: INP001
"""Runs the agent from the folder that this file lies in."""

from setapart_agent.cli import main

main()
