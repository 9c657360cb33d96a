# Leaves in /out what a program needs to run, and compiles it. The words: the version's two first numbers, and
# where Python was built.
version=$1 source=$2
cd "/out/usr/lib/python$version"
# What needs Tk, and what installs packages.
rm -rf ensurepip idlelib tkinter turtledemo turtle.py
# The build's own directory stands among the settings that it was built with.
sed -i "s|$source|.|g" _sysconfigdata_*.py
# Python looks for this directory, and has nothing to put there.
mkdir -p lib-dynload site-packages
ln -s "python$version" /out/usr/bin/python3
ln -s python3 /out/usr/bin/python
# By their contents, since times say nothing here. They are not looked at again when a program runs.
find . -name __pycache__ -prune -exec rm -rf {} +
"python$version" -m compileall -q --invalidation-mode unchecked-hash -s /out -p / .
