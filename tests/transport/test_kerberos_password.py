"""Kerberos with a password in a real realm: ``make kerberos`` runs these, and compiles gssapi and krb5 for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.certificates import Zoo
from tests.support.http_calls import Calls, request
from tests.support.realm import NAME, PASSWORD, REALM, Realm, realm
from tests.transport.test_authenticated_streams import Stream, async_streams, sync_streams
from wsx.errors import ErrorCode
from wsx.security import (
    HttpHeaderAuth,
    HttpHeaderAuthScheme,
    SecurityDescription,
    UsernameCredential,
    WindowsCredential,
)
from wsx.transport import status_error

pytest.importorskip("gssapi", reason="Kerberos with a password is tested by: make kerberos")
pytestmark = [pytest.mark.interop, pytest.mark.kerberos]

USER = f"{NAME}@{REALM}"
WHOLE = str(len(b"<request/>"))
CREDENTIALS: dict[str, WindowsCredential | UsernameCredential] = {
    "domain": WindowsCredential(NAME, PASSWORD, REALM),
    "principal": WindowsCredential(USER, PASSWORD),
    "username": UsernameCredential(USER, PASSWORD),
}


@pytest.fixture(scope="module")
def running(zoo: Zoo) -> Iterator[Realm]:
    with realm(zoo.path("good")) as made:
        yield made


@pytest.fixture
def place(running: Realm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Realm:
    """The realm, without any tickets."""
    monkeypatch.setenv("KRB5_CONFIG", running.environment["KRB5_CONFIG"])
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path}/none")
    return running


@pytest.fixture(params=[sync_streams, async_streams], ids=["sync", "async"])
def streams(request: pytest.FixtureRequest) -> Stream:
    chosen: Stream = request.param
    return chosen


def secured(credential: WindowsCredential | UsernameCredential) -> SecurityDescription:
    return SecurityDescription(header_auth=HttpHeaderAuth(credential, HttpHeaderAuthScheme.NEGOTIATE))


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("bound", [False, True], ids=["each-request", "connection"])
@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_password(calls: Calls, place: Realm, zoo: Zoo, name: str, *, tls: bool, bound: bool) -> None:
    url = place.address(tls=tls, bound=bound)
    with place.counting() as served:
        answers = calls([request(url)] * 3, security=secured(CREDENTIALS[name]), ca_file=zoo.ca_file)
    assert [head.status for head, _ in answers] == [200] * 3
    done = [(user, length) for _, status, user, length in served if status == "200"]
    assert done == [(USER, WHOLE)] * 3
    # Under TLS the certificate is asked for first; a server that wants to hear it each time says so once.
    assert len(served) == 3 + tls + (not bound)


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("bound", [False, True], ids=["each-request", "connection"])
def test_bodies_in_pieces(streams: Stream, place: Realm, zoo: Zoo, *, tls: bool, bound: bool) -> None:
    url = place.address(tls=tls, bound=bound)
    with place.counting() as served:
        answers = streams([url] * 3, security=secured(CREDENTIALS["domain"]), ca_file=zoo.ca_file)
    assert [(status, wanted) for status, _, wanted in answers] == [(200, True)] * 3
    assert [user for _, status, user, _ in served if status == "200"] == [USER] * 3


def test_a_wrong_password(calls: Calls, place: Realm) -> None:
    wrong = secured(WindowsCredential(NAME, "wrong", REALM))
    head, _ = calls([request(place.address(tls=False, bound=False))], security=wrong)[0]
    assert status_error(head).code is ErrorCode.WS_E_ENDPOINT_ACCESS_DENIED
