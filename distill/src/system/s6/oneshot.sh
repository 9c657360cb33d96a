#!/bin/sh
# oneshot NAME COMMAND...: runs the command unless it has succeeded before, says on file descriptor
# 3 that the service is ready, and stays until it is told to end. If the command fails, the service
# stays without being ready, and a file says so.
done=/run/oneshot/$1
failed=/run/oneshot/.failed/$1
name=$1
shift
rm -f "$failed"
if [ -e "$done" ] || { "$@" 3>&- && : >"$done"; }; then
  echo >&3
else
  : >"$failed"
  echo "service $name failed, what comes after it waits; try again: s6-svc -r $PWD" >/dev/console
fi
exec 3>&-
exec sleep inf
