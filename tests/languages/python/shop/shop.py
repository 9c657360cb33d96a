"""Says a name as the network has it, and signs it."""

import sys

import idna
from itsdangerous import Signer


def main():
    name = idna.encode(sys.argv[1]).decode()
    print(name, Signer("key").sign(name).decode())
