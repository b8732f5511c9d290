"""PyJWT, requests-oauthlib, Authlib and Okta's verifier against the servers that `run` started."""

import asyncio
import base64
import hashlib
import json
import os
import unittest

import jwt
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from authlib.oauth2.rfc7523 import ClientSecretJWT, PrivateKeyJWT
from oauthlib.oauth2 import BackendApplicationClient, OAuth2Error
from okta_jwt_verifier import AccessTokenVerifier, IDTokenVerifier
from okta_jwt_verifier.exceptions import JWTValidationException
from requests_oauthlib import OAuth2Session

from pages import Browser

API = "https://api.mycompany.com"
PARTNER_API = "https://my-partner-api.com"
CALLBACK = "http://127.0.0.1:3000/callback"
ADA = ("ada@example.com", "the-password-of-ADA")
SCOPE = ["openid", "profile", "offline_access", "read:customers"]


def servers():
    with open(os.environ["CLAIMSMITH_SERVERS"], encoding="utf-8") as lines:
        for line in lines:
            algorithm, url, path, key = line.split()
            with open(path, encoding="utf-8") as file:
                yield algorithm, f"{url}/oauth2/internal", json.load(file), key


def secret(name):
    return os.environ[f"CLAIMSMITH_DEMO_SECRET_{name}"]


def verified(token, issuer, audience, algorithm):
    """The claims, if PyJWT finds the key at `/v1/keys` and everything else in order."""
    key = jwt.PyJWKClient(f"{issuer}/v1/keys").get_signing_key_from_jwt(token)
    required = ["exp", "iat", "iss", "aud", "sub"]
    options = {"require": required, "strict_aud": True}
    return jwt.decode(token, key, [algorithm], options, audience=audience, issuer=issuer)


def at_hash(token, algorithm):
    digest = {"EdDSA": hashlib.sha512}.get(algorithm, hashlib.sha256)(token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")


class Clients(unittest.TestCase):
    def test_both_tokens_of_a_person_verify_and_say_what_was_asked(self):
        for algorithm, issuer, told, _ in servers():
            with self.subTest(algorithm):
                access, identity = told["signed"]["access_token"], told["signed"]["id_token"]
                claims = verified(access, issuer, API, algorithm)
                self.assertEqual(claims["ver"], 1)
                self.assertEqual(claims["cid"], "web-app")
                self.assertEqual(claims["sub"], "ada")
                self.assertEqual(claims["scp"], ["openid", "read:customers"])
                self.assertEqual(claims["department"], "Engineering")
                self.assertEqual(claims["roles"], ["admin", "auditor"])
                person = verified(identity, issuer, "web-app", algorithm)
                self.assertEqual(person["sub"], claims["uid"])
                self.assertEqual(person["amr"], ["pwd"])
                self.assertEqual(person["at_hash"], at_hash(access, algorithm))

    def test_a_changed_token_and_another_audience_are_refused(self):
        for algorithm, issuer, told, _ in servers():
            with self.subTest(algorithm):
                token = told["signed"]["access_token"]
                header, claims, signature = token.split(".")
                other = claims[:20] + ("A" if claims[20] != "A" else "B") + claims[21:]
                with self.assertRaises(jwt.InvalidTokenError):
                    verified(f"{header}.{other}.{signature}", issuer, API, algorithm)
                with self.assertRaises(jwt.InvalidAudienceError):
                    verified(token, issuer, PARTNER_API, algorithm)

    def test_a_service_gets_a_token_by_the_library_and_it_verifies(self):
        for algorithm, issuer, _, _ in servers():
            with self.subTest(algorithm):
                client = BackendApplicationClient("partner-service", scope=["read:customers"])
                session = OAuth2Session(client=client)
                token = session.fetch_token(
                    f"{issuer}/v1/token",
                    client_id="partner-service",
                    client_secret=secret("PARTNER_SERVICE"),
                    include_client_id=True,
                    audience=PARTNER_API,
                )
                claims = verified(token["access_token"], issuer, PARTNER_API, algorithm)
                self.assertEqual(claims["sub"], "partner-service")
                self.assertEqual(claims["cid"], "partner-service")
                self.assertEqual(token["expires_in"], 600)
                self.assertIs(claims["partner_api"], True)

    def test_requests_oauthlib_signs_a_person_in_and_refreshes(self):
        for algorithm, issuer, _, _ in servers():
            with self.subTest(algorithm):
                session = OAuth2Session("web-app", redirect_uri=CALLBACK, scope=SCOPE, pkce="S256")
                address, _ = session.authorization_url(f"{issuer}/v1/authorize")
                back = Browser(CALLBACK).sign_in(address, *ADA)
                endpoint, auth = f"{issuer}/v1/token", ("web-app", secret("WEB_APP"))
                token = session.fetch_token(endpoint, authorization_response=back, auth=auth)
                self.assertEqual(verified(token["access_token"], issuer, API, algorithm)["sub"], "ada")
                person = session.get(f"{issuer}/v1/userinfo")
                self.assertEqual(person.json()["given_name"], "Ada")
                renewed = session.refresh_token(endpoint, auth=auth)
                self.assertEqual(renewed["scope"], SCOPE)
                with self.assertRaises(OAuth2Error):
                    session.fetch_token(endpoint, authorization_response=back, auth=auth)

    def test_authlib_signs_a_person_in_refreshes_and_revokes(self):
        for algorithm, issuer, _, _ in servers():
            with self.subTest(algorithm):
                endpoint = f"{issuer}/v1/token"
                session = AuthlibSession(
                    "web-app",
                    secret("WEB_APP"),
                    scope=" ".join(SCOPE),
                    redirect_uri=CALLBACK,
                    code_challenge_method="S256",
                    token_endpoint=endpoint,
                )
                verifier = generate_token(64)
                address, state = session.create_authorization_url(
                    f"{issuer}/v1/authorize", code_verifier=verifier
                )
                back = Browser(CALLBACK).sign_in(address, *ADA)
                token = session.fetch_token(
                    endpoint, authorization_response=back, state=state, code_verifier=verifier
                )
                self.assertEqual(verified(token["access_token"], issuer, API, algorithm)["sub"], "ada")
                renewed = session.refresh_token(endpoint)
                self.assertEqual(renewed["scope"], " ".join(SCOPE))
                asked = session.introspect_token(f"{issuer}/v1/introspect", renewed["access_token"])
                self.assertIs(asked.json()["active"], True)
                revoked = session.revoke_token(f"{issuer}/v1/revoke", renewed["refresh_token"])
                self.assertEqual(revoked.status_code, 200)
                asked = session.introspect_token(f"{issuer}/v1/introspect", renewed["access_token"])
                self.assertEqual(asked.json(), {"active": False})
                with self.assertRaises(AuthlibBaseError):
                    session.refresh_token(endpoint)

    def test_authlib_proves_a_service_by_secret_and_by_key(self):
        for algorithm, issuer, _, key in servers():
            with open(f"{key}.rsa", encoding="utf-8") as file:
                pem = file.read()
            endpoint = f"{issuer}/v1/token"
            signing = ClientSecretJWT(endpoint)
            keyed = PrivateKeyJWT(endpoint, headers={"kid": "robot-2"})
            for client, proof, method, also in [
                ("billing-service", secret("BILLING_SERVICE"), "client_secret_basic", {}),
                ("partner-service", secret("PARTNER_SERVICE"), "client_secret_post", {"audience": PARTNER_API}),
                ("signing-service", secret("SIGNING_SERVICE"), signing, {}),
                ("robot-service", pem, keyed, {}),
            ]:
                with self.subTest(algorithm, client=client):
                    session = AuthlibSession(
                        client, proof, scope="read:customers", token_endpoint_auth_method=method
                    )
                    token = session.fetch_token(endpoint, grant_type="client_credentials", **also)
                    audience = also.get("audience", API)
                    claims = verified(token["access_token"], issuer, audience, algorithm)
                    self.assertEqual(claims["cid"], client)

    def test_okta_s_verifier_takes_both_tokens_over_tls(self):
        with open(os.environ["CLAIMSMITH_TLS"], encoding="utf-8") as file:
            url, path = file.read().split()
        with open(path, encoding="utf-8") as file:
            told = json.load(file)
        issuer = f"{url}/oauth2/internal"
        access, identity = told["signed"]["access_token"], told["signed"]["id_token"]
        verifier = AccessTokenVerifier(issuer=issuer, audience=API)
        asyncio.run(verifier.verify(access))
        other = AccessTokenVerifier(issuer=issuer, audience="api://default")
        with self.assertRaises(JWTValidationException):
            asyncio.run(other.verify(access))
        header, claims, signature = access.split(".")
        forged = claims[:20] + ("A" if claims[20] != "A" else "B") + claims[21:]
        with self.assertRaises(JWTValidationException):
            asyncio.run(verifier.verify(f"{header}.{forged}.{signature}"))
        people = IDTokenVerifier(issuer=issuer, client_id="web-app", audience="web-app")
        asyncio.run(people.verify(identity))
        another = IDTokenVerifier(issuer=issuer, client_id="phone-app", audience="phone-app")
        with self.assertRaises(JWTValidationException):
            asyncio.run(another.verify(identity))
