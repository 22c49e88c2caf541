"""`python -m oxishacl` is the command `oxishacl`."""

from oxishacl.cli import main

main()
