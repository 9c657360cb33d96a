"""Does what a service in Python does, and writes a line for each thing that went well."""

import array
import asyncio
import bz2
import ctypes
import curses
import datetime
import decimal
import hashlib
import lzma
import multiprocessing
import os
import platform
import readline
import sqlite3
import ssl
import subprocess
import sys
import sysconfig
import threading
import zlib


def tls():
    """A handshake and some bytes, between two who stand in one memory."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain("/shop.test.pem")
    client = ssl.create_default_context(cafile="/shop.test.pem")
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname="shop.test")
    other = server.wrap_bio(to_server, to_client, server_side=True)
    waiting = [one, other]
    while waiting:
        for side in list(waiting):
            try:
                side.do_handshake()
                waiting.remove(side)
            except ssl.SSLWantReadError:
                pass
    one.write(b"hello")
    return other.read(5) == b"hello" and one.version() == "TLSv1.3"


def authorities():
    return ssl.get_default_verify_paths().openssl_cafile == "/etc/ssl/cert.pem"


def database():
    with sqlite3.connect(":memory:") as base:
        base.execute("create virtual table book using fts5(text)")
        base.execute("insert into book values ('a tale of two cities')")
        found = base.execute("select count(*), sqrt(16.0) from book where book match 'cities'")
        return found.fetchone() == (1, 4.0)


def compression():
    text = b"all work and no play " * 1000
    return all(kind.decompress(kind.compress(text)) == text for kind in (zlib, bz2, lzma))


def threads():
    sums = []
    adding = [threading.Thread(target=lambda n=n: sums.append(sum(range(n)))) for n in range(50)]
    for thread in adding:
        thread.start()
    for thread in adding:
        thread.join()
    return sum(sums) == 19600


def recursion_in_a_thread():
    """Ends in an error of Python's, and not in one of the machine's."""
    seen = []

    def deeper(number):
        # Through C and back at each step.
        return max(map(deeper, [number + 1]))

    def deep():
        sys.setrecursionlimit(20_000)
        try:
            deeper(0)
        except RecursionError:
            seen.append(True)

    thread = threading.Thread(target=deep)
    thread.start()
    thread.join()
    return seen == [True]


def coroutines():
    async def answer(reader, writer):
        writer.write((await reader.readline()).upper())
        writer.close()

    async def ask():
        server = await asyncio.start_unix_server(answer, "/tmp/shop")
        reader, writer = await asyncio.open_unix_connection("/tmp/shop")
        writer.write(b"hello\n")
        said = await reader.readline()
        writer.close()
        server.close()
        return said

    return asyncio.run(ask()) == b"HELLO\n"


def children():
    said = subprocess.run(["sh", "-c", "cat; exit 3"], input=b"hi", capture_output=True)
    return (said.stdout, said.returncode) == (b"hi", 3)


def processes():
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        return pool.map(abs, [-1, -2, -3]) == [1, 2, 3]


def numbers():
    decimal.getcontext().prec = 50
    return str(decimal.Decimal(2).sqrt()) == "1.4142135623730950488016887242096980785696718753769"


def hashes():
    names = {"md5", "sha1", "sha256", "sha512", "sha3_256", "blake2b"}
    key = hashlib.scrypt(b"word", salt=b"salt", n=16, r=8, p=1)
    return names <= hashlib.algorithms_available and len(key) == 64


def structures():
    """Memory as C sees it, and a function that C calls; but no library is loaded."""

    class Point(ctypes.Structure):
        _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_int)]

    double = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda n: 2 * n)
    try:
        ctypes.CDLL("libc.so")
    except OSError:
        return bytes(Point(1, 2))[:1] == b"\1" and double(21) == 42 and ctypes.pythonapi is None


def terminals():
    """Those that are known without a database."""
    for name in "xterm-256color", "linux", "tmux-256color", "vt100":
        curses.setupterm(name, 1)
    return curses.tigetnum("cols") == 80 and readline.backend == "editline"


def text():
    return sys.getfilesystemencoding() == "utf-8" and "ä".encode("cp437") == b"\x84"


def settings():
    """Nothing says where it was built."""
    variables = sysconfig.get_config_vars()
    return not any("/src/" in str(value) for value in variables.values()) and sys.prefix == "/usr"


def compiled():
    """What is imported was compiled before, by its contents."""
    return all(
        os.path.exists(module.__cached__)
        for module in list(sys.modules.values())
        if getattr(module, "__cached__", None) and module.__name__ not in ("__main__", "__mp_main__")
    )


def main():
    print(platform.python_implementation(), datetime.datetime.fromtimestamp(0, datetime.UTC).year, array.array("i", [1])[0])
    for ability in (
        tls, authorities, database, compression, threads, recursion_in_a_thread, coroutines, children, processes,
        numbers, hashes, structures, terminals, text, settings, compiled,
    ):
        print(f"{ability.__name__}: {ability()}")


if __name__ == "__main__":
    main()
