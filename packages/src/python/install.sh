# Leaves in /out what a program needs to run, and compiles it. The words: the version's two first numbers, and
# where Python was built.
version=$1 source=$2
cd "/out/usr/lib/python$version"
# What needs Tk, what installs packages, and what other programs would be linked with.
rm -rf ensurepip idlelib tkinter turtledemo turtle.py "../libpython$version.a"
# The build's own directories stand among the settings that it was built with.
sed -i -e "s|$source|.|g" -e 's|/sysroot/[^/]*/usr|/usr|g' _sysconfigdata_*.py
# Python looks for this directory, and has nothing to put there.
mkdir -p lib-dynload site-packages
ln -s "python$version" /out/usr/bin/python3
ln -s python3 /out/usr/bin/python
# By their contents, since times say nothing here; they are not looked at again when a program runs. The Python that
# compiles must not take its own modules from here (`-P`): it would leave them compiled by their times.
find . -name __pycache__ -prune -exec rm -rf {} +
PYTHONHASHSEED=0 "python$version" -P -B -m compileall -q --invalidation-mode unchecked-hash -s /out -p / "$PWD"
