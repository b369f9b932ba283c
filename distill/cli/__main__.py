"""`python -m distill.cli` is the `distill` command."""

from distill.cli.main import main

main()
