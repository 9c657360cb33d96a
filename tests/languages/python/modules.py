"""Imports the whole standard library, and writes the names of what is not there, one a line."""

import importlib
import pkgutil
import sys

# What tells jokes when it is imported, and what is a program and no module.
LEFT_OUT = {"antigravity", "this"}
missing = set()


def imports(name):
    try:
        importlib.import_module(name)
    except ImportError as error:
        # A module that lacks another one is not there because of that one.
        missing.add(error.name or name)
        return False
    return True


for name in sorted(sys.stdlib_module_names - LEFT_OUT):
    if imports(name):
        path = getattr(sys.modules[name], "__path__", None)
        for module in pkgutil.walk_packages(path, name + ".") if path else ():
            if not module.name.endswith(".__main__"):
                imports(module.name)
for name in ("test",):
    imports(name)
print("\n".join(sorted(missing)))
