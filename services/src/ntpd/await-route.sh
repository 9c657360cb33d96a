#!/bin/sh
# Waits until there is a route to somewhere.
until
  found=$(ip -4 route show; ip -6 route show default)
  [ -n "$found" ]
do sleep 1; done
