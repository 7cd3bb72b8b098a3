"""Signing in: what is sent, when a token is fetched anew, and what a refusal says."""

import base64
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding
from cryptography.hazmat.primitives.hashes import SHA256

from mdm_servers import (
    GRAPH_SECRET,
    GRAPH_TENANT,
    RSA_KEY,
    SERVICE_ACCOUNT,
    AmapiEnterprise,
    Answers,
    GraphTenant,
    Manager,
    Watch,
    always,
    said,
)
from setapart_agent.collectors.mdm.pull.http import Client, ManagerError
from setapart_agent.collectors.mdm.pull.settings import Secret
from setapart_agent.collectors.mdm.pull.tokens import ClientCredentials, SignedGrant, read_service_account
from setapart_agent.errors import SourceError


@contextmanager
def client(manager: Manager, watch: Watch) -> Iterator[Client]:
    made = Client((manager.url,), ca_file=None, patience=60, permission="", clock=watch.clock)
    with closing(made):
        yield made


def credentials(one: Client, manager: Manager, watch: Watch, secret: str = GRAPH_SECRET) -> ClientCredentials:
    return ClientCredentials(
        one,
        watch.clock,
        login_url=manager.url,
        tenant=GRAPH_TENANT,
        client_id="app",
        secret=Secret(secret),
        scope="https://graph.microsoft.com/.default",
    )


def test_a_token_is_fetched_when_it_is_needed_and_kept_until_it_ends() -> None:
    watch = Watch()
    with Manager(GraphTenant([], {})) as manager, client(manager, watch) as one:
        token = credentials(one, manager, watch)
        assert not manager.asked
        assert [token.header() for _ in range(3)] == ["Bearer token-1"] * 3
        watch.time += 3500  # of 3599: less than a minute is left at 3540
        assert token.header() == "Bearer token-1"
        watch.time += 60
        assert token.header() == "Bearer token-2"
    assert manager.asked[0].form["client_id"] == "app"


def test_a_token_that_was_refused_is_replaced() -> None:
    watch = Watch()
    with Manager(GraphTenant([], {})) as manager, client(manager, watch) as one:
        token = credentials(one, manager, watch)
        token.header()
        assert token.renew()
        assert token.header() == "Bearer token-2"


def test_a_token_that_lives_for_no_time_is_not_fetched_for_every_request() -> None:
    watch = Watch()
    answers: Answers = always(said({"access_token": "x", "expires_in": 0}))
    with Manager(answers) as manager, client(manager, watch) as one:
        token = credentials(one, manager, watch)
        assert {token.header() for _ in range(5)} == {"Bearer x"}
        assert len(manager.asked) == 1


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (7000215, "the client secret is wrong"),
        (7000222, "the client secret has expired"),
        (700016, "the application is not in this directory"),
        (90002, "there is no such directory"),
        (1, "status 401"),
    ],
)
def test_a_refusal_of_microsoft_is_put_into_words(code: int, why: str) -> None:
    watch = Watch()
    refusal = {"error": "invalid_client", "error_codes": [code], "error_description": "AADSTS: kari@agency.example"}
    with Manager(always(said(refusal, 401))) as manager, client(manager, watch) as one:
        with pytest.raises(ManagerError, match=why) as caught:
            credentials(one, manager, watch, "wr0ng").header()
        assert "wr0ng" not in str(caught.value)
        assert "kari" not in str(caught.value)
    assert len(manager.asked) == 1


@pytest.mark.parametrize("answer", [{}, {"access_token": ""}, {"access_token": "a\nb"}, {"access_token": 1}, []])
def test_what_is_no_token_is_our_error(answer: object) -> None:
    watch, why = Watch(), "no token: the answer is not a token"
    with (
        Manager(always(said(answer))) as manager,
        client(manager, watch) as one,
        pytest.raises(ManagerError, match=why),
    ):
        credentials(one, manager, watch).header()


def padded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_a_service_account_signs_who_asks_for_what_and_until_when() -> None:
    watch = Watch()
    enterprise = AmapiEnterprise([])
    with Manager(enterprise) as manager, client(manager, watch) as one:
        uri = f"{manager.url}/token"
        account = read_service_account(json.dumps({**SERVICE_ACCOUNT, "token_uri": uri}).encode(), "k")
        assert "PRIVATE" not in repr(account)
        assert SignedGrant(one, watch.clock, account).header() == "Bearer ya29.1"
    head, claims, signature = enterprise.assertions[0].split(".")
    RSA_KEY.public_key().verify(padded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), SHA256())
    assert json.loads(padded(head)) == {"alg": "RS256", "typ": "JWT", "kid": "0123456789abcdef"}
    assert json.loads(padded(claims)) == {
        "iss": "setapart@agency.iam.gserviceaccount.com",
        "scope": "https://www.googleapis.com/auth/androidmanagement",
        "aud": uri,
        "iat": 1_795_000_000,
        "exp": 1_795_003_600,
    }


def test_a_grant_that_google_refuses_names_the_clock() -> None:
    watch = Watch()
    with Manager(always(said({"error": "invalid_grant"}, 400))) as manager, client(manager, watch) as one:
        key = {**SERVICE_ACCOUNT, "token_uri": f"{manager.url}/token"}
        account = read_service_account(json.dumps(key).encode(), "k")
        with pytest.raises(ManagerError, match="the clock of this machine is wrong"):
            SignedGrant(one, watch.clock, account).header()


ED25519 = ed25519.Ed25519PrivateKey.generate().private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"type": "authorized_user"}, "a key file of another kind"),
        ({"token_uri": "https://tokens.evil.example/token"}, "token_uri is not Google's"),
        ({"token_uri": "https://oauth2.googleapis.com.evil.example/token"}, "token_uri is not Google's"),
        ({"token_uri": "http://oauth2.googleapis.com/token"}, "is not encrypted"),
        ({"token_uri": "file:///etc/passwd"}, "is no URL of a manager"),
        ({"private_key": 3}, "not a key file"),
        ({"private_key": "PEM"}, "private_key is no RSA key"),
        ({"private_key": ED25519.decode()}, "private_key is no RSA key"),
    ],
)
def test_what_is_no_key_of_google_s_is_refused(changes: dict[str, object], why: str) -> None:
    content = json.dumps({**SERVICE_ACCOUNT, **changes}).encode()
    watch = Watch()
    with Manager(always(said({}))) as manager, client(manager, watch) as one:
        with pytest.raises(SourceError, match=why):
            SignedGrant(one, watch.clock, read_service_account(content, "k"))
        assert not manager.asked
