"""The files of a checkout."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def listed(*options: str) -> list[Path]:
    """Paths, from the root, of the files that git lists and that are still there."""
    command = ["git", "ls-files", "-z", *options]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [Path(name) for name in names if name and ((ROOT / name).exists() or (ROOT / name).is_symlink())]
