"""Lets `python -m proficiency` do what the `proficiency` command does."""

from proficiency.cli import main

main()
