"""No test reaches the network: neither in this process nor in one that it starts."""

import socket
import subprocess
import sys

import pytest
from pytest_socket import SocketConnectBlockedError


@pytest.mark.filterwarnings("ignore:A test tried")
def test_another_host_is_refused() -> None:
    with socket.socket() as other, pytest.raises(SocketConnectBlockedError):
        other.connect(("192.0.2.1", 80))  # an address that RFC 5737 keeps for examples


def test_this_machine_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_download_of_a_started_process_meets_a_proxy_that_is_not_there() -> None:
    code = "import urllib.request as r; r.urlopen('http://192.0.2.1/', timeout=5)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 1
    assert "refused" in result.stderr.lower()
