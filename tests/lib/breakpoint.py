# SPDX-License-Identifier: GPL-2.0-or-later
"""breakpoint.py PID FILE FUNCTION: exit 0 if FUNCTION's first 16 bytes in PID's memory differ from those in FILE.

FILE's text must lie in it at its link-time address (as the linkers do by default in position-independent files).
"""
import os
import subprocess
import sys


def main():
    pid, path, function = sys.argv[1:]
    path = os.path.realpath(path)
    # Of the dynamic symbols too: libraries of the distribution have no others. "malloc@@GLIBC_2.2.5" is malloc.
    symbols = subprocess.check_output(["nm", path], text=True, stderr=subprocess.DEVNULL).splitlines()
    symbols += subprocess.check_output(["nm", "-D", path], text=True, stderr=subprocess.DEVNULL).splitlines()
    address = next(int(line.split()[0], 16) for line in symbols
                   if line.split()[-1].split("@")[0] == function and line.split()[-2] not in "Uw")
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
        starts = [int(line.split("-")[0], 16) for line in maps if line.rstrip().endswith(path)]
    if not starts:
        return 1
    with open(f"/proc/{pid}/mem", "rb") as memory, open(path, "rb") as file:
        memory.seek(starts[0] + address)
        file.seek(address)
        return int(memory.read(16) == file.read(16))


sys.exit(main())
