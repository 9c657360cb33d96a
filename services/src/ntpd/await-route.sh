#!/bin/sh
# Waits until there is a route to somewhere.
until [ -n "$(ip -4 route show; ip -6 route show default)" ]; do sleep 1; done
