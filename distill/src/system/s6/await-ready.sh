#!/bin/sh
# await-ready DIR...: waits until the services of these directories are ready.
for dir; do
  # s6-svwait wants the service to be supervised, which is so a moment after boot.
  until [ -e "$dir/supervise/status" ]; do sleep 0.1; done
done
exec s6-svwait -U "$@"
