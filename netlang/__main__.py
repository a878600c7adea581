"""``python -m netlang`` is the command line."""

from netlang.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    main()
