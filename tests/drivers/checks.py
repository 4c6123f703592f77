"""Runs the checks of one driver script: every function that `@check` marks, in order, each on its own.

A script ends with `main(NAME)`. Its exit status is 0 when every check passed; the lines on standard output say which did.
Where to connect comes from libpq's variables (PGHOST, PGPORT, PGUSER, PGDATABASE, PGPASSWORD, PGSSLMODE). DRIVER_ENGINE names the
storage engine of the tables; without it (PostgreSQL itself) no engine is named.
"""

import os
import sys
import traceback

ENGINE = os.environ.get("DRIVER_ENGINE", "")
USING = f" using {ENGINE}" if ENGINE else ""

_checks = []


def check(function):
    """Marks a function as one check."""
    _checks.append(function)
    return function


def equal(found, expected, what=""):
    """Fails when two values differ."""
    assert found == expected, f"{what}: found {found!r}, expected {expected!r}"


def main(name):
    """Runs every check and ends the process."""
    failed = 0
    for function in _checks:
        try:
            function()
            print(f"ok {function.__name__}", flush=True)
        except Exception:  # Whatever it was, the other checks still have something to say.
            failed += 1
            print(f"FAILED {function.__name__}\n{traceback.format_exc()}", flush=True)
    print(f"{name}: {len(_checks) - failed} of {len(_checks)} checks passed", flush=True)
    sys.exit(1 if failed or not _checks else 0)
