# SPDX-License-Identifier: GPL-2.0-or-later
"""A client of MariaDB's binary protocol, prepared statements, from its description (mariadb.com/kb: Clientserver Protocol).

Real requests to a real server, over a unix socket, by a user without a password. Values are whole numbers, bytes and None.
"""
import socket
import struct

CONNECT_WITH_DB, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, PLUGIN_AUTH = 1 << 3, 1 << 9, 1 << 13, 1 << 15, 1 << 19
BULK_OPERATIONS = 1 << 2  # among MariaDB's own capabilities
QUIT, QUERY, PREPARE, EXECUTE, CLOSE, RESET, FETCH, BULK_EXECUTE = 0x01, 0x03, 0x16, 0x17, 0x19, 0x1A, 0x1C, 0xFA
READ_ONLY_CURSOR, SEND_TYPES, LAST_ROW_SENT = 1, 128, 0x80
LONGLONG, VAR_STRING = b"\x08\x00", b"\xfd\x00"


class ServerError(Exception):
    """What the server answered instead: its code is args[0]."""


def sized(data):
    assert len(data) < 251
    return bytes([len(data)]) + data


class Connection:
    def __init__(self, path, user="root", database=""):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")
        self.receive()  # the server's greeting
        flags = PROTOCOL_41 | TRANSACTIONS | SECURE_CONNECTION | PLUGIN_AUTH | (CONNECT_WITH_DB if database else 0)
        self.send(struct.pack("<IIB19xI", flags, 1 << 24, 45, BULK_OPERATIONS) + user.encode() + b"\0" + b"\0" +
                  (database.encode() + b"\0" if database else b"") + b"mysql_native_password\0")
        if self.receive()[0] == 0xFE:  # another way to prove who we are; there is no password
            self.send(b"")
            self.receive()

    def send(self, payload):
        self.socket.sendall(struct.pack("<I", len(payload))[:3] + bytes([self.sequence]) + payload)

    def receive(self):
        header = self.file.read(4)
        self.sequence = (header[3] + 1) & 0xFF
        payload = self.file.read(int.from_bytes(header[:3], "little"))
        if payload[0] == 0xFF:
            raise ServerError(struct.unpack_from("<H", payload, 1)[0], payload[9:].decode())
        return payload

    def command(self, code, payload):
        self.sequence = 0
        self.send(bytes([code]) + payload)

    def until_end(self):
        """Packets up to an EOF; returns how many, and the status that the EOF tells."""
        count = 0
        while True:
            packet = self.receive()
            if packet[0] == 0xFE and len(packet) < 9:
                return count, struct.unpack_from("<H", packet, 3)[0]
            count += 1

    def result(self):
        """How many rows came; with a cursor none does."""
        first = self.receive()
        if first[0] == 0:
            return 0
        _, status = self.until_end()  # the columns
        return 0 if status & 0x40 else self.until_end()[0]

    def query(self, text):
        self.command(QUERY, text.encode())
        return self.result()

    def prepare(self, text):
        self.command(PREPARE, text.encode())
        _, statement, columns, parameters = struct.unpack_from("<BIHH", self.receive())
        for count in (parameters, columns):
            if count:
                self.until_end()
        return statement

    @staticmethod
    def types(values):
        return b"".join(LONGLONG if isinstance(value, int) else VAR_STRING for value in values)

    @staticmethod
    def value(value):
        return struct.pack("<q", value) if isinstance(value, int) else sized(value)

    def execute(self, statement, *values, cursor=False):
        payload = struct.pack("<IBI", statement, READ_ONLY_CURSOR if cursor else 0, 1)
        if values:
            nulls = sum(1 << i for i, value in enumerate(values) if value is None)
            payload += nulls.to_bytes((len(values) + 7) // 8, "little") + b"\x01" + self.types(values)
            payload += b"".join(self.value(value) for value in values if value is not None)
        self.command(EXECUTE, payload)
        return self.result()

    def fetch(self, statement, rows):
        """Returns how many rows came, and whether they were the last."""
        self.command(FETCH, struct.pack("<II", statement, rows))
        count, status = self.until_end()
        return count, bool(status & LAST_ROW_SENT)

    def bulk(self, statement, *rows):
        """One command that executes the statement for each row of values."""
        payload = struct.pack("<IH", statement, SEND_TYPES) + self.types(rows[0])
        payload += b"".join(b"\0" + self.value(value) if value is not None else b"\1" for row in rows for value in row)
        self.command(BULK_EXECUTE, payload)
        return self.result()

    def reset(self, statement):
        self.command(RESET, struct.pack("<I", statement))
        self.receive()

    def close_statement(self, statement):
        self.command(CLOSE, struct.pack("<I", statement))

    def close(self):
        self.command(QUIT, b"")
        self.socket.close()
