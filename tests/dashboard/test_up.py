"""What `up` decides before it starts anything; the whole of it runs in integration/test_server_up.py."""

import os
import signal
import socket
from pathlib import Path

import pytest

from dashboard.up import Address, StopAskedFor, certificate_for, listen, only_one, stoppable, url_of
from gis.errors import BadInput, Conflict


def test_a_folder_is_held_by_one_and_free_again_afterwards(tmp_path: Path):
    held = rf"served already \(pid {os.getpid()}, 127.0.0.1:8051"
    with (
        only_one(tmp_path / "var", Address(port=8051)),
        pytest.raises(Conflict, match=held),
        only_one(tmp_path / "var", Address()),
    ):
        pytest.fail("the folder was held twice")
    with only_one(tmp_path / "var", Address()):
        assert (tmp_path / "var" / "up.lock").exists()


def test_a_lock_left_by_a_killed_process_holds_nobody_up(tmp_path: Path):
    (tmp_path / "up.lock").write_text("pid 1, nowhere:1\n")
    with only_one(tmp_path, Address()):
        assert str(os.getpid()) in (tmp_path / "up.lock").read_text()


def test_a_port_that_is_taken_is_named():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Conflict, match=f"port {port} of 127.0.0.1 is taken"):
            listen(Address(port=port))


@pytest.mark.parametrize("host", ["not a host", "no.such.name.invalid"])
def test_a_host_that_is_none_is_named(host: str):
    with pytest.raises(BadInput, match="no such name or address"):
        listen(Address(host=host, port=0))


def test_an_address_of_another_machine_cannot_be_listened_on():
    with pytest.raises(Conflict, match="is taken or not ours"):
        listen(Address(host="192.0.2.1", port=0))


def test_https_is_for_everything_beyond_this_machine(tmp_path: Path):
    assert certificate_for(tmp_path, Address()) is None
    made = certificate_for(tmp_path, Address(host="0.0.0.0"))
    assert made is not None
    assert made.authority == tmp_path / "certificates" / "ca.crt"
    # a certificate given is used on this machine too
    given = certificate_for(tmp_path, Address(certificate=made.certificate, key=made.key))
    assert given is not None
    assert given.authority is None


@pytest.mark.parametrize("half", [{"certificate": Path("x")}, {"key": Path("x")}])
def test_half_a_certificate_is_refused(tmp_path: Path, half: dict[str, Path]):
    with pytest.raises(BadInput, match="belong together"):
        certificate_for(tmp_path, Address(**half))


@pytest.mark.parametrize(
    ("host", "secure", "url"),
    [
        ("127.0.0.1", False, "http://127.0.0.1:8050"),
        ("::1", False, "http://[::1]:8050"),
        ("centre", True, "https://centre:8050"),
    ],
)
def test_the_address_is_one_that_can_be_typed(host: str, secure: bool, url: str):
    assert url_of(Address(host=host), secure=secure) == url


def test_listening_everywhere_is_told_as_an_address_others_can_use():
    assert "0.0.0.0" not in url_of(Address(host="0.0.0.0"), secure=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_wish_to_stop_takes_the_way_back_and_ends_well(number: int):
    former = signal.getsignal(number)
    undone = []

    def ask_to_stop_twice() -> None:
        with stoppable():
            try:
                os.kill(os.getpid(), number)
            finally:
                # a second wish does not break off the way back
                os.kill(os.getpid(), number)
                undone.append(True)

    with pytest.raises(StopAskedFor) as stopped:
        ask_to_stop_twice()

    assert stopped.value.code == 0
    assert undone
    assert signal.getsignal(number) == former
