# SPDX-License-Identifier: GPL-2.0-or-later
"""hide_names.py FROM TO: a library as one that was built with hidden C++ symbols and stripped: its C functions are all that has a name.

The dynamic linker takes a symbol of hidden visibility for the library's own without looking its name up, so the names go too.
"""
import struct
import subprocess
import sys

STV_HIDDEN = 2

source, target = sys.argv[1:]
subprocess.run(["strip", "-o", target, source], check=True)
with open(target, "r+b") as file:
    header = struct.unpack("<16sHHIQQQIHHHHHH", file.read(64))
    file.seek(header[6])
    sections = [struct.unpack("<IIQQQQIIQQ", file.read(64)) for _ in range(header[12])]
    symbols = next(s for s in sections if s[1] == 11)
    strings = sections[symbols[6]]
    file.seek(strings[4])
    names = file.read(strings[5])
    file.seek(symbols[4])
    table = bytearray(file.read(symbols[5]))
    hidden = 0
    for at in range(0, len(table), 24):
        name, info, other, section = struct.unpack_from("<IBBH", table, at)
        if section and names[name:name + 2] == b"_Z":
            struct.pack_into("<IBB", table, at, 0, info, other & ~3 | STV_HIDDEN)
            hidden += 1
    file.seek(symbols[4])
    file.write(table)
print(hidden)
