"""Free ports, and the same ones again at the next start."""

import json
import socket

from controlplane.supervisor.ports import PortBook, choose_port, is_free


def test_a_port_that_somebody_listens_on_is_not_free():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not is_free(server.getsockname()[1])


def test_a_port_whose_connections_have_just_closed_is_free():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            server.accept()[0].close()  # closes first, so TIME_WAIT is on the server's side
    assert is_free(port)


def test_chosen_ports_are_below_those_of_outgoing_connections_and_not_taken():
    assert choose_port() < 32768
    taken = set(range(20000, 31999))
    assert choose_port(taken) == 31999


def test_a_second_start_finds_the_same_ports_unless_they_are_gone(directory):
    path = directory / "run" / "ports.json"
    first = PortBook(path)
    valkey, s3 = first.port("valkey"), first.port("s3")
    assert first.port("valkey") == valkey != s3
    with socket.create_server(("127.0.0.1", valkey)):
        second = PortBook(path)
        assert second.port("s3") == s3
        assert second.port("valkey") not in {valkey, s3}
    assert json.loads(path.read_text()) == {"valkey": second.port("valkey"), "s3": s3}


def test_a_spoiled_book_is_written_anew(directory):
    path = directory / "ports.json"
    path.write_text("[broken")
    port = PortBook(path).port("valkey")
    assert json.loads(path.read_text()) == {"valkey": port}
