"""The command `crosswear`, and `python -m crosswear`: ready for Ctrl-C before all else."""

from __future__ import annotations

from crosswear.core.interruption import interruptible


def main() -> None:
    """Entry point."""
    interruptible(_command)


def _command() -> None:
    from crosswear.cli import main as command

    command()


if __name__ == "__main__":
    main()
