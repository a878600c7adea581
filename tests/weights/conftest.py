"""The command line as a fixture here too."""

from tests.cli.conftest import run

__all__ = ["run"]
