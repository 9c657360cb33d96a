"""Says what Python's tarfile and libarchive find in tar archives.

Reads archives from its input, each behind its length (four bytes, little-endian), and answers each with a
line of JSON: for each program its complaint, or null, and the members, in order: kind (f, d, l, h or o),
name, whether it is executable, what it links to, and contents; bytes as hexadecimal digits.
"""

import ctypes
import ctypes.util
import io
import json
import stat
import sys
import tarfile

# What is longer is no archive of this test.
LARGEST = 4 << 20


def kind_of_tarfile(member):
    if member.isreg():
        # It would be a file whose name ends with a slash, which no file system takes.
        return "d" if member.size == 0 and member.name.endswith("/") else "f"
    if member.isdir():
        return "d"
    return "l" if member.issym() else "h" if member.islnk() else "o"


def of_tarfile(data):
    members = []
    try:
        archive = tarfile.open(
            fileobj=io.BytesIO(data), mode="r:", encoding="utf-8", errors="surrogateescape"
        )
        for member in archive:
            # A label, and a list of permissions, which it takes for files.
            if member.type in (b"V", b"A"):
                continue
            kind = kind_of_tarfile(member)
            contents = b""
            if kind == "f":
                if member.size > LARGEST:
                    raise ValueError("too large")
                contents = archive.extractfile(member).read()
            members.append(
                [
                    kind,
                    member.name.encode("utf-8", "surrogateescape").hex(),
                    member.mode & 0o111 != 0,
                    member.linkname.encode("utf-8", "surrogateescape").hex(),
                    contents.hex(),
                ]
            )
    except Exception as error:  # whatever it is, it is a complaint
        return [f"{type(error).__name__}: {error}", members]
    return [None, members]


library = ctypes.CDLL(ctypes.util.find_library("archive"))
for name in ("archive_read_new", "archive_entry_new"):
    getattr(library, name).restype = ctypes.c_void_p
for name in ("pathname", "hardlink", "symlink"):
    getattr(library, f"archive_entry_{name}").restype = ctypes.c_char_p
library.archive_error_string.restype = ctypes.c_char_p
library.archive_entry_size.restype = ctypes.c_int64
library.archive_read_data.restype = ctypes.c_ssize_t
END, OK = 1, 0


def contents_of(archive, size):
    if size > LARGEST:
        raise ValueError("too large")
    buffer = ctypes.create_string_buffer(65536)
    parts, total = [], 0
    while True:
        count = library.archive_read_data(archive, buffer, ctypes.c_size_t(len(buffer)))
        if count < 0:
            raise ValueError(library.archive_error_string(archive))
        if count == 0:
            break
        parts.append(buffer.raw[:count])
        total += count
        if total > LARGEST:
            raise ValueError("too large")
    # It does not tell of a hole at the end.
    return b"".join(parts).ljust(size, b"\0")


def of_libarchive(data):
    members = []
    archive = ctypes.c_void_p(library.archive_read_new())
    entry = ctypes.c_void_p()
    try:
        library.archive_read_support_format_tar(archive)
        if library.archive_read_open_memory(archive, data, ctypes.c_size_t(len(data))) != OK:
            raise ValueError(library.archive_error_string(archive))
        while True:
            result = library.archive_read_next_header(archive, ctypes.byref(entry))
            if result == END:
                break
            if result != OK:
                raise ValueError(library.archive_error_string(archive))
            mode = library.archive_entry_filetype(entry)
            name = library.archive_entry_pathname(entry)
            hard, symbolic = (
                library.archive_entry_hardlink(entry),
                library.archive_entry_symlink(entry),
            )
            contents = b""
            if hard is not None:
                kind, link = "h", hard
            elif mode == stat.S_IFLNK:
                kind, link = "l", symbolic or b""
            else:
                kind = {stat.S_IFREG: "f", stat.S_IFDIR: "d"}.get(mode, "o")
                link = b""
            size = library.archive_entry_size(entry)
            if kind in "fh" and size > 0:
                # A hard link with contents is a file.
                kind, contents = "f", contents_of(archive, size)
            executable = library.archive_entry_perm(entry) & 0o111 != 0
            members.append([kind, (name or b"").hex(), executable, link.hex(), contents.hex()])
    except Exception as error:
        return [f"{type(error).__name__}: {error}", members]
    finally:
        library.archive_read_free(archive)
    return [None, members]


def main():
    take, give = sys.stdin.buffer, sys.stdout
    while head := take.read(4):
        data = take.read(int.from_bytes(head, "little"))
        answer = {"tarfile": of_tarfile(data), "libarchive": of_libarchive(data)}
        give.write(json.dumps(answer) + "\n")
        give.flush()


main()
