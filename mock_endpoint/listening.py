"""Where the endpoint listens. This loads nothing heavy, so that a command can try a port at once."""

import ipaddress
import socket

from mock_endpoint.problems import EndpointError


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there, at any free port for 0; `EndpointError` when it is taken or the host unknown."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (")[0]  # Python adds the address once more
        raise EndpointError(
            f"The endpoint cannot listen on {host}, port {port} ({reason}).",
            "Choose another with --port N, or stop the program that uses it.",
        ) from error
    # asyncio turns Nagle's delay (40 ms an answer) off only for sockets that name their protocol.
    return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=listener.detach())
