"""PyJWT and requests-oauthlib against the servers that `run` started."""

import base64
import hashlib
import json
import os
import unittest

import jwt
from requests_oauthlib import OAuth2Session
from oauthlib.oauth2 import BackendApplicationClient

API = "https://api.mycompany.com"
PARTNER_API = "https://my-partner-api.com"


def servers():
    with open(os.environ["CLAIMSMITH_SERVERS"], encoding="utf-8") as lines:
        for line in lines:
            algorithm, url, path, _ = line.split()
            with open(path, encoding="utf-8") as file:
                yield algorithm, f"{url}/oauth2/internal", json.load(file)


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
        for algorithm, issuer, told in servers():
            with self.subTest(algorithm):
                access, identity = told["accessToken"]["token"], told["idToken"]["token"]
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
        for algorithm, issuer, told in servers():
            with self.subTest(algorithm):
                token = told["accessToken"]["token"]
                header, claims, signature = token.split(".")
                other = claims[:20] + ("A" if claims[20] != "A" else "B") + claims[21:]
                with self.assertRaises(jwt.InvalidTokenError):
                    verified(f"{header}.{other}.{signature}", issuer, API, algorithm)
                with self.assertRaises(jwt.InvalidAudienceError):
                    verified(token, issuer, PARTNER_API, algorithm)

    def test_a_service_gets_a_token_by_the_library_and_it_verifies(self):
        for algorithm, issuer, _ in servers():
            with self.subTest(algorithm):
                client = BackendApplicationClient("partner-service", scope=["read:customers"])
                session = OAuth2Session(client=client)
                token = session.fetch_token(
                    f"{issuer}/v1/token",
                    client_id="partner-service",
                    client_secret=os.environ["CLAIMSMITH_DEMO_SECRET_PARTNER_SERVICE"],
                    include_client_id=True,
                    audience=PARTNER_API,
                )
                claims = verified(token["access_token"], issuer, PARTNER_API, algorithm)
                self.assertEqual(claims["sub"], "partner-service")
                self.assertEqual(claims["cid"], "partner-service")
                self.assertEqual(token["expires_in"], 600)
                self.assertIs(claims["partner_api"], True)
