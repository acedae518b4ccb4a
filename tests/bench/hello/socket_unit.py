#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
#
# What systemd does for amtnetd.socket and amtnetd.service: holds the listening socket, hands it to the program as
# descriptor 3 with LISTEN_FDS, and starts the program anew a second after it died. Ended by SIGTERM, with the program.
#
# usage: socket_unit.py ADDRESS:PORT PROGRAM ARGUMENT...

import os
import signal
import socket
import sys
import time

RESTART_S = 1  # RestartSec= of the unit
FIRST = 3      # SD_LISTEN_FDS_START
child = 0


def start(listener):
    pid = os.fork()
    if pid > 0:
        return pid
    os.dup2(listener.fileno(), FIRST)
    os.set_inheritable(FIRST, True)  # dup2 leaves it alone where it is the same
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
    os.execv(sys.argv[2], sys.argv[2:])


def stop(number, frame):
    if child > 0:
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)
    os._exit(0)


host, port = sys.argv[1].rsplit(":", 1)
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind((host, int(port)))
listener.listen(4096)
signal.signal(signal.SIGTERM, stop)
while True:
    child = start(listener)
    os.waitpid(child, 0)
    child = 0
    time.sleep(RESTART_S)
