"""Makes sure that a browser and PostgreSQL are here before the tests start, and says how if not.

What is installed is used. As root on Debian both are installed from the system's own packages;
elsewhere the browser comes through Playwright.
"""

import os
import shutil
import subprocess
import sys

from tests import postgres

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def find_browser() -> str | None:
    """Return the path of an installed Chromium, or None."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def _install(package: str) -> bool:
    """Install a Debian package when we may; whether it worked."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    print(f"Installing {package} …", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    quiet = {"stdout": subprocess.DEVNULL, "env": environment}
    subprocess.run(["apt-get", "update", "-qq"], check=True, **quiet)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
    return subprocess.run(command, check=False, **quiet).returncode == 0


def _playwright_browser() -> bool:
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    return subprocess.run(command, check=False).returncode == 0


def _has_postgres() -> bool:
    try:
        postgres.find_binaries()
    except RuntimeError:
        return False
    return True


def main() -> int:
    """Return 0 when everything is here."""
    if find_browser() is None and not _install("chromium") and not _playwright_browser():
        print("The tests need Chromium: install it with your system's package manager.")
        return 1
    if not _has_postgres() and not _install("postgresql"):
        print("The tests need PostgreSQL: install the package 'postgresql'.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
