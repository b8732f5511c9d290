"""Okta's own management SDK for Python, unmodified, against the server that began empty: its strict
models read everything that is answered."""

import asyncio
import base64
import datetime
import os
import unittest

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from okta.client import Client
from okta.models import (
    AddGroupRequest,
    AuthorizationServer,
    AuthorizationServerPolicy,
    AuthorizationServerPolicyRuleRequest,
    CreateGroupRuleRequest,
    CreateUserRequest,
    CsrMetadata,
    OAuth2Claim,
    OAuth2Scope,
    OpenIdConnectApplication,
)
import requests

ORG = os.environ["CLAIMSMITH_ADMINISTERED"]


def run(coroutine):
    return asyncio.run(coroutine)


def ok(answer):
    """The object of an answer that must have no error."""
    *told, error = answer
    assert error is None, error
    return told[0] if told else None


class Administration(unittest.TestCase):
    def setUp(self):
        self.client = Client({"orgUrl": ORG, "token": os.environ["CLAIMSMITH_BOOTSTRAP_TOKEN"]})

    def test_a_server_is_made_down_to_a_rule_and_deleted(self):
        async def story():
            client = self.client
            server = ok(await client.create_authorization_server(
                AuthorizationServer(name="Snakes", description="-", audiences=["api://snakes"])))
            self.assertEqual(server.issuer, f"{ORG}/oauth2/{server.id}")
            scope = ok(await client.create_o_auth2_scope(server.id, OAuth2Scope(name="snakes:feed")))
            claim = ok(await client.create_o_auth2_claim(server.id, OAuth2Claim(
                name="kind", claimType="RESOURCE", valueType="EXPRESSION", value="'python'",
                alwaysIncludeInToken=True, conditions={"scopes": []})))
            policy = ok(await client.create_authorization_server_policy(server.id, AuthorizationServerPolicy(
                type="OAUTH_AUTHORIZATION_POLICY", name="All", description="-", priority=1,
                conditions={"clients": {"include": ["ALL_CLIENTS"]}})))
            rule = ok(await client.create_authorization_server_policy_rule(
                server.id, policy.id, AuthorizationServerPolicyRuleRequest(
                    type="RESOURCE_ACCESS", name="All", priority=1,
                    conditions={
                        "people": {"groups": {"include": ["EVERYONE"]}},
                        "grantTypes": {"include": ["client_credentials"]},
                        "scopes": {"include": ["*"]},
                    },
                    actions={"token": {
                        "accessTokenLifetimeMinutes": 60, "refreshTokenLifetimeMinutes": 0,
                        "refreshTokenWindowMinutes": 10080}})))
            self.assertEqual(rule.priority, 1)
            for listed, wanted in [
                (client.list_o_auth2_scopes(server.id), scope.id),
                (client.list_o_auth2_claims(server.id), claim.id),
                (client.list_authorization_server_policies(server.id), policy.id),
                (client.list_authorization_server_policy_rules(server.id, policy.id), rule.id),
            ]:
                self.assertIn(wanted, [item.id for item in ok(await listed)])
            keys = ok(await client.list_authorization_server_keys(server.id))
            self.assertIn("ACTIVE", [key.status for key in keys])
            *_, error = await client.get_authorization_server("nobody")
            self.assertIn("E0000007", str(error))
            return server, rule, policy

        server, rule, policy = run(story())
        secret = self.an_app()
        answer = requests.post(f"{server.issuer}/v1/token", auth=secret, data={
            "grant_type": "client_credentials", "scope": "snakes:feed"}, timeout=30)
        self.assertEqual(answer.status_code, 200, answer.text)
        claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
        self.assertEqual((claims["kind"], claims["aud"]), ("python", "api://snakes"))

        async def the_end():
            client = self.client
            ok(await client.delete_authorization_server_policy_rule(server.id, policy.id, rule.id))
            ok(await client.delete_authorization_server_policy(server.id, policy.id))
            ok(await client.delete_authorization_server(server.id))

        run(the_end())

    def an_app(self):
        """Client id and secret of a service."""
        body = {
            "name": "oidc_client", "label": "Terrarium", "signOnMode": "OPENID_CONNECT",
            "credentials": {"oauthClient": {"token_endpoint_auth_method": "client_secret_basic"}},
            "settings": {"oauthClient": {
                "application_type": "service", "grant_types": ["client_credentials"],
                "response_types": ["token"]}},
        }

        async def story():
            return ok(await self.client.create_application(OpenIdConnectApplication.from_dict(body)))

        app = run(story())
        client = app.credentials.oauth_client
        return client.client_id, client.client_secret

    def test_people_and_groups_are_made_and_read(self):
        async def story():
            client = self.client
            user = ok(await client.create_user(CreateUserRequest(profile={
                "firstName": "Monty", "lastName": "Hall", "email": "monty@example.com",
                "login": "monty@example.com"}), activate=False))
            self.assertEqual(user.status, "STAGED")
            group = ok(await client.add_group(AddGroupRequest(profile={"name": "Hosts"})))
            ok(await client.assign_user_to_group(group.id, user.id))
            members = ok(await client.list_group_users(group.id))
            self.assertEqual([member.id for member in members], [user.id])
            users = ok(await client.list_users(search='profile.lastName eq "Hall"'))
            self.assertEqual([found.id for found in users], [user.id])
            rule = ok(await client.create_group_rule(CreateGroupRuleRequest.from_dict({
                "type": "group_rule", "name": "Halls",
                "conditions": {"expression": {
                    "type": "urn:okta:expression:1.0", "value": 'user.lastName == "Hall"'}},
                "actions": {"assignUserToGroups": {"groupIds": [group.id]}}})))
            self.assertEqual(rule.status, "INACTIVE")
            ok(await client.activate_group_rule(rule.id))
            self.assertEqual(ok(await client.get_group_rule(rule.id)).status, "ACTIVE")
            ok(await client.deactivate_group_rule(rule.id))
            ok(await client.delete_group_rule(rule.id))
            ok(await client.deactivate_user(user.id))
            ok(await client.delete_user(user.id))
            ok(await client.delete_group(group.id))

        run(story())

    def test_a_certificate_that_was_requested_makes_its_key_one_of_the_application(self):
        async def story():
            client = self.client
            app = ok(await client.create_application(OpenIdConnectApplication.from_dict({
                "name": "oidc_client", "label": "Certified", "signOnMode": "OPENID_CONNECT",
                "credentials": {"oauthClient": {"token_endpoint_auth_method": "client_secret_basic"}},
                "settings": {"oauthClient": {
                    "application_type": "service", "grant_types": ["client_credentials"],
                    "response_types": ["token"]}}})))
            key = ok(await client.generate_application_key(app.id, 3))
            self.assertEqual([known.kid for known in ok(await client.list_application_keys(app.id))], [key.kid])
            metadata = CsrMetadata.from_dict({"subject": {"countryName": "US", "commonName": "SP"}})
            # What the SDK gives back of this is a text; the list has it as what it is.
            ok(await client.generate_csr_for_application(app.id, metadata))
            [csr] = ok(await client.list_csrs_for_application(app.id))
            request = x509.load_der_x509_csr(base64.b64decode(csr.csr))
            self.assertTrue(request.is_signature_valid)
            answer = requests.post(
                f"{ORG}/api/v1/apps/{app.id}/credentials/csrs/{csr.id}/lifecycle/publish",
                data=certified(request), headers={
                    "Authorization": f"SSWS {os.environ['CLAIMSMITH_BOOTSTRAP_TOKEN']}",
                    "Content-Type": "application/x-pem-file"}, timeout=20)
            self.assertEqual(answer.status_code, 201, answer.text)
            kid = answer.json()["kid"]
            self.assertEqual(ok(await client.get_application_key(app.id, kid)).kid, kid)
            self.assertEqual(ok(await client.list_csrs_for_application(app.id)), [])
            ok(await client.deactivate_application(app.id))
            ok(await client.delete_application(app.id))

        run(story())


def certified(request):
    """A certificate for a request, of an authority that is made for it."""
    now = datetime.datetime.now(datetime.timezone.utc)
    authority = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Authority")])
    return (
        x509.CertificateBuilder()
        .subject_name(request.subject)
        .issuer_name(authority)
        .public_key(request.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=365))
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )


if __name__ == "__main__":
    unittest.main()
