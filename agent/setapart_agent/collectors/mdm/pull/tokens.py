"""Signing in: what a manager takes as `Authorization`, and how it is renewed. No token is ever printed or kept.

Microsoft: OAuth 2.0 client credentials (RFC 6749, section 4.4), as
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow says; numbers of its refusals:
https://learn.microsoft.com/entra/identity-platform/reference-error-codes. Google: a JWT signed by the key of a service
account (RFC 7523), as https://developers.google.com/identity/protocols/oauth2/service-account says. Fleet: the token of
an API-only user, https://fleetdm.com/docs/rest-api/rest-api#authentication.
"""

import base64
from typing import Annotated
from urllib.parse import urlencode

import msgspec
from msgspec import Meta, Struct, field

from setapart_agent.collectors.mdm.pull.clock import Clock
from setapart_agent.collectors.mdm.pull.http import AnswerError, Client, ManagerError, decode
from setapart_agent.collectors.mdm.pull.settings import GOOGLE_TOKENS, Secret, is_loopback, origin_of
from setapart_agent.errors import SourceError

GOOGLE_SCOPE = "https://www.googleapis.com/auth/androidmanagement"
_GRANT_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_EARLY = 60.0
"""Seconds before its end at which a token is replaced."""
_JWT_SECONDS = 3600
_MICROSOFT = {
    7000215: ("the client secret is wrong", "put the secret's value, not its id, into the file"),
    7000222: ("the client secret has expired", "make a new secret for the application"),
    700016: ("the application is not in this directory", "check client_id and tenant"),
    90002: ("there is no such directory", "check tenant and cloud"),
    50034: ("there is no such directory", "check tenant and cloud"),
}


class _Granted(Struct, frozen=True):
    """RFC 6749, section 5.1."""

    access_token: Annotated[str, Meta(pattern=r"\A[!-~]{1,65536}\Z")]
    expires_in: Annotated[float, Meta(ge=0)] = 0.0


class _Refused(Struct, frozen=True):
    """RFC 6749, section 5.2; `error_codes` is Microsoft's own."""

    error: str = ""
    error_codes: tuple[int, ...] = ()


class ServiceAccount(Struct, frozen=True, kw_only=True):
    """The key file of one of Google's service accounts, as far as it is used."""

    kind: str = field(name="type")
    client_email: str
    private_key_id: str = ""
    private_key: str
    token_uri: str

    def __repr__(self) -> str:
        return "ServiceAccount(…)"


class StaticToken:
    """A token that somebody made by hand."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def header(self) -> str:
        """As it is."""
        return f"Bearer {self._secret.reveal()}"

    def renew(self) -> bool:
        """There is no other."""
        return False


class _Renewable:
    """A token that is fetched when first needed, and anew before it ends or after it was refused."""

    def __init__(self, client: Client, url: str, clock: Clock) -> None:
        self._client = client
        self._url = url
        self._clock = clock
        self._token: Secret | None = None
        self._end = 0.0

    def header(self) -> str:
        """The token of the moment.

        Raises:
            ManagerError: none was granted.
        """
        if self._token is None or self._clock.steady() > self._end - _EARLY:
            asked_at = self._clock.steady()
            try:
                granted = decode(self._client.post_form(self._url, self._form()), _Granted, "a token")
            except AnswerError as exc:
                raise self._refusal(exc) from None
            self._token = Secret(granted.access_token)
            self._end = asked_at + max(granted.expires_in, 2 * _EARLY)
        return f"Bearer {self._token.reveal()}"

    def renew(self) -> bool:
        """The next request fetches another."""
        self._token = None
        return True

    def _form(self) -> bytes:
        raise NotImplementedError

    def _refusal(self, exc: AnswerError) -> ManagerError:
        return ManagerError(f"no token: {exc.got}", expected="credentials that are accepted", cure=exc.cure)


class ClientCredentials(_Renewable):
    """An application of a Microsoft directory, by its secret."""

    def __init__(
        self, client: Client, clock: Clock, *, login_url: str, tenant: str, client_id: str, secret: Secret, scope: str
    ) -> None:
        super().__init__(client, f"{login_url}/{tenant}/oauth2/v2.0/token", clock)
        self._client_id = client_id
        self._secret = secret
        self._scope = scope

    def _form(self) -> bytes:
        return urlencode(
            {
                "client_id": self._client_id,
                "client_secret": self._secret.reveal(),
                "scope": self._scope,
                "grant_type": "client_credentials",
            }
        ).encode()

    def _refusal(self, exc: AnswerError) -> ManagerError:
        said = _said(exc)
        got, cure = next((_MICROSOFT[code] for code in said.error_codes if code in _MICROSOFT), ("", ""))
        return ManagerError(f"no token: {got}", cure=cure) if got else super()._refusal(exc)


class SignedGrant(_Renewable):
    """A service account of Google, by its key."""

    def __init__(self, client: Client, clock: Clock, account: ServiceAccount) -> None:
        super().__init__(client, account.token_uri, clock)
        self._account = account
        # Signing tells a key that is none before anything is asked.
        _signature(account, b"")

    def _form(self) -> bytes:
        now = int(self._clock.now())
        claims = {
            "iss": self._account.client_email,
            "scope": GOOGLE_SCOPE,
            "aud": self._account.token_uri,
            "iat": now,
            "exp": now + _JWT_SECONDS,
        }
        head = {"alg": "RS256", "typ": "JWT", "kid": self._account.private_key_id}
        signed = b".".join(_base64url(msgspec.json.encode(part)) for part in (head, claims))
        assertion = b".".join((signed, _base64url(_signature(self._account, signed))))
        return urlencode({"grant_type": _GRANT_JWT, "assertion": assertion.decode()}).encode()

    def _refusal(self, exc: AnswerError) -> ManagerError:
        if _said(exc).error == "invalid_grant":
            return ManagerError(
                "no token: Google knows no such key, or the clock of this machine is wrong",
                expected="the key of a service account that is still valid",
                cure="set the clock, or make a new key",
            )
        return super()._refusal(exc)


def read_service_account(content: bytes, where: str) -> ServiceAccount:
    """The key file that Google's console gives.

    Raises:
        SourceError: it is none, or its key would be redeemed anywhere but at Google or on loopback.
    """
    try:
        account = msgspec.json.decode(content, type=ServiceAccount)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise SourceError("not a key file", expected="the JSON key of a service account", where=where) from None
    if account.kind != "service_account":
        raise SourceError("a key file of another kind", expected='"type": "service_account"', where=where)
    host = origin_of(account.token_uri).partition("://")[2].rpartition(":")[0].strip("[]")
    if account.token_uri != GOOGLE_TOKENS and not is_loopback(host):
        raise SourceError("token_uri is not Google's", expected=GOOGLE_TOKENS, where=where)
    return account


def _said(exc: AnswerError) -> _Refused:
    """What stands in a refusal."""
    try:
        return msgspec.json.decode(exc.body, type=_Refused)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Refused()


def _signature(account: ServiceAccount, signed: bytes) -> bytes:
    """RS256 (RFC 7518, section 3.3)."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(account.private_key.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise SourceError("private_key is no RSA key", expected="the JSON key of a service account")
    return key.sign(signed, PKCS1v15(), SHA256())


def _base64url(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")
