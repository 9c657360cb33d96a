"""Imports the whole standard library, and writes the names of what is not there, one a line."""

import importlib
import pkgutil
import sys

# What tells jokes when it is imported.
LEFT_OUT = {"antigravity", "this"}
missing = set()


def imports(name):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        # A module that lacks another one is not there because of that one.
        missing.add(error.name)
        return False
    except (ImportError, OSError):
        # It would load a library, or is for another system.
        missing.add(name)
        return False
    return True


for name in sorted(sys.stdlib_module_names - LEFT_OUT):
    if imports(name):
        path = getattr(sys.modules[name], "__path__", None)
        for module in pkgutil.walk_packages(path, name + ".") if path else ():
            if not module.name.endswith(".__main__"):
                imports(module.name)
imports("test")
print("\n".join(sorted(missing)))
