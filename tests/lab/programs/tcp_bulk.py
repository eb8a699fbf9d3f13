#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Bulk over TCP. `serve FAMILY PORT OCTETS` sends so many octets to whoever connects and then takes as many; `fetch ADDRESS
PORT OCTETS` is the other end, and says "done" when all of it has come and gone."""

import socket
import sys


def receive(connection: socket.socket, octets: int) -> None:
    while octets > 0:
        chunk = connection.recv(65536)
        if not chunk:
            raise SystemExit(f"{octets} octets are missing")
        octets -= len(chunk)


def serve(family: str, port: int, octets: int) -> None:
    listener = socket.socket(socket.AF_INET6 if family == "6" else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("", port))
    listener.listen()
    print("listening", flush=True)
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(bytes(octets))
            receive(connection, octets)
            connection.sendall(b".")


def fetch(address: str, port: int, octets: int) -> None:
    with socket.create_connection((address, port), timeout=60) as connection:
        receive(connection, octets)
        connection.sendall(bytes(octets))
        receive(connection, 1)
    print("done")


if __name__ == "__main__":
    command, where, number, size = sys.argv[1:]
    {"serve": serve, "fetch": fetch}[command](where, int(number), int(size))
