#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What weir keeps in the kernel, as bytes. To be read after e2e.sh.

bpftool=$(printf '%s\n' /usr/lib/linux-tools/*/bpftool /usr/lib/linux-tools-*/bpftool /usr/sbin/bpftool | grep -v '\*' | head -n 1)

# PID FILE: what the maps hold that weir has open, as bytes; what bpftool cannot dump left out, and tables of counters
maps_dump() {
	"$PYTHON" - "$1" "$bpftool" >"$2" <<'E'
import glob, json, re, subprocess, sys
pid, bpftool = sys.argv[1:]
ids = {line.split()[1] for name in glob.glob(f"/proc/{pid}/fdinfo/*") for line in open(name) if line.startswith("map_id:")}
run = lambda *arguments: subprocess.run([bpftool, "-j", "map", *arguments], capture_output=True, check=True).stdout
for map_id in sorted(ids):
    about = json.loads(run("show", "id", map_id))
    if about["type"] in ("ringbuf", "queue", "task_storage", "prog_array") or about.get("name") in ("shards", "blocks", "pages", "slots"):
        continue
    dump = run("dump", "id", map_id)
    if b"formatted" in dump:
        sys.stdout.buffer.write(bytes(int(h, 16) for h in re.findall(rb'"0x([0-9a-f]{2})"', dump)))
        continue
    for word in (b'"key":', b'"value":', b'"0x'):
        dump = dump.replace(word, b"")
    sys.stdout.buffer.write(bytes.fromhex(dump.translate(None, b'",[]{}\n').decode()))
E
}
