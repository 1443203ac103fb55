# SPDX-License-Identifier: GPL-2.0-or-later
"""An HTTP server for tests of webhooks: webhook.py PORT-FILE LOG [STATUS...]

Writes its port to PORT-FILE, and a line of JSON for each POST to LOG: path, headers, body. Answers with the statuses in turn, and with 200
when they are used up; "hang" answers nothing.
"""
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

port_file, log, *statuses = sys.argv[1:]
lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with lock:
            status = statuses.pop(0) if statuses else "200"
            with open(log, "a", encoding="utf-8") as out:
                print(json.dumps({"status": status, "path": self.path, "headers": dict(self.headers), "body": body}), file=out)
        if status == "hang":
            threading.Event().wait()
        self.send_response(int(status))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
with open(port_file + ".new", "w", encoding="utf-8") as out:
    print(server.server_port, file=out)
os.rename(port_file + ".new", port_file)
server.serve_forever()
