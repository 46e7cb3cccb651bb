"""Run a command with the network cut off: ``python tools/offline.py make book``.

On Linux the command gets a network of its own with nothing in it but 127.0.0.1, which notebook
kernels need. Where that is not permitted, and on other systems, every Python process that the
command starts refuses to connect to anything but this machine.
"""

import ctypes
import os
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000

REFUSE = """
import errno, socket

def _refuse(address, family=None):
    host = address[0] if isinstance(address, tuple) else ""
    if isinstance(host, bytes):
        host = host.decode()
    here = str(host) in ("", "None", "localhost", "::1") or str(host).startswith("127.")
    if family != getattr(socket, "AF_UNIX", -1) and not here:
        raise OSError(errno.ENETUNREACH, f"the network is cut off: {host}")

class _Socket(socket.socket):
    def connect(self, address):
        _refuse(address, self.family)
        return super().connect(address)

    def connect_ex(self, address):
        _refuse(address, self.family)
        return super().connect_ex(address)

_look_up = socket.getaddrinfo

def _getaddrinfo(host, *rest, **more):
    _refuse((host,))
    return _look_up(host, *rest, **more)

socket.socket = socket.SocketType = _Socket
socket.getaddrinfo = _getaddrinfo
"""


def leave_network() -> bool:
    """Move this process into an empty network, with 127.0.0.1 alive; False where not permitted."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWNET) != 0:
        if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
            return False
        try:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        except OSError:
            return False
    up_and_running = struct.pack("16sH14x", b"lo", 0x1 | 0x40)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as request:
            libc.ioctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_char_p]
            return libc.ioctl(request.fileno(), 0x8914, up_and_running) == 0
    except OSError:
        return False


def main() -> int:
    command = sys.argv[1:]
    if not command:
        sys.exit(__doc__)
    # A child tries first: a process that is half way into a new namespace cannot go back.
    child = (
        subprocess.run([sys.executable, __file__, "--probe"]) if command != ["--probe"] else None
    )
    if child is None:
        return 0 if leave_network() else 1
    if child.returncode == 0 and leave_network():
        print("offline: in a network of its own", file=sys.stderr, flush=True)
        return subprocess.run(command).returncode
    print("offline: Python refuses all connections but to itself", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sitecustomize.py").write_text(REFUSE)
        path = os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))
        # The Makefile takes no PYTHONPATH from outside, but this one.
        env = {**os.environ, "PYTHONPATH": path, "LESSONS_OFFLINE": folder}
        return subprocess.run(command, env=env).returncode


if __name__ == "__main__":
    sys.exit(main())
