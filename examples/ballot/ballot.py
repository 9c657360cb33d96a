"""Counts votes. `GET /` shows them, `POST /NAME` adds one."""

import os
import sqlite3
import sys
from contextlib import closing
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import bottle

COUNT = "insert into vote values (?, 1) on conflict (name) do update set number = number + 1"


class Server(ThreadingMixIn, WSGIServer):
    """One thread a request, none of which outlives the program."""

    daemon_threads = True


class Handler(WSGIRequestHandler):
    """Answers in lines, without asking who it is that asks."""

    def address_string(self):
        return self.client_address[0]


def application(path):
    """The service, with its votes in the database at `path`."""

    def opened():
        # Each statement is a transaction.
        return closing(sqlite3.connect(path, isolation_level=None))

    with opened() as votes:
        votes.execute("create table if not exists vote (name text primary key, number integer)")
    app = bottle.Bottle()

    @app.get("/")
    def show():
        bottle.response.content_type = "text/plain; charset=utf-8"
        with opened() as votes:
            rows = votes.execute("select name, number from vote order by number desc, name").fetchall()
        return "".join(f"{name}: {number}\n" for name, number in rows)

    @app.post("/<name>")
    def count(name):
        with opened() as votes:
            votes.execute(COUNT, [name])
        return "counted\n"

    return app


def main():
    port, path = int(sys.argv[1]), sys.argv[2]
    with make_server("", port, application(path), Server, Handler) as server:
        # From here on connections are taken: the machine may know.
        if ready := os.environ.get("NOTIFY_FD"):
            with open(int(ready), "w") as waiting:
                waiting.write("\n")
        server.serve_forever()
