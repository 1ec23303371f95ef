"""`python -m supplyhub` is `supplyhub`."""

from __future__ import annotations

from supplyhub.cli import main

main(prog_name="supplyhub")
