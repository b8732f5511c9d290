"""Decision 49: things with every member that Okta's models lack, read by Okta's SDK for Python, changed
and put back. What is told afterwards is what was told before, but for the change."""

import asyncio
import json
import os
import pathlib
import re
import unittest

import requests
from okta.client import Client
from okta.models import AuthorizationServerPolicyRuleRequest, InlineHookReplace

ORG = os.environ["CLAIMSMITH_ADMINISTERED"]
TOKEN = os.environ["CLAIMSMITH_BOOTSTRAP_TOKEN"]
WANTED = json.loads(pathlib.Path(__file__).with_name("extended.json").read_text())


def ask(method, path, body=None):
    answer = requests.request(
        method, ORG + path, json=body, headers={"Authorization": f"SSWS {TOKEN}"}, timeout=30)
    assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json() if answer.text else None


def made():
    """What is made, in order, each with the ids of those before: the ids, and where each is."""
    profile = {"login": "snake@example.com", "email": "snake@example.com", "firstName": "S", "lastName": "N"}
    ids = {
        "user": ask("POST", "/api/v1/users?activate=false", {"profile": profile})["id"],
        "group": ask("POST", "/api/v1/groups", {"profile": {"name": "Snakes"}})["id"],
    }
    places = {}

    def filled(text):
        return re.sub(r"\{(\w+)\}", lambda found: ids.get(found[1], found[0]), text)

    for thing in WANTED:
        path = filled(thing["path"])
        ids[thing["what"]] = ask("POST", path, json.loads(filled(json.dumps(thing["body"]))))["id"]
        places[thing["what"]] = f"{path}/{ids[thing['what']]}"
    return ids, places


def ok(answer):
    *told, error = answer
    assert error is None, error
    return told[0]


class Extended(unittest.TestCase):
    maxDiff = None

    def ways(self, client, ids):
        """How the SDK reads each, and puts it back."""
        server, policy = ids["server"], ids["policy"]

        def rule(id, thing):
            sent = AuthorizationServerPolicyRuleRequest.from_dict(thing.to_dict())
            return client.replace_authorization_server_policy_rule(server, policy, id, sent)

        def get_rule(id):
            return client.get_authorization_server_policy_rule(server, policy, id)

        return {
            "server": (client.get_authorization_server, client.replace_authorization_server),
            "claim": (lambda id: client.get_o_auth2_claim(server, id),
                      lambda id, thing: client.replace_o_auth2_claim(server, id, thing)),
            "rule": (get_rule, rule),
            "allowing": (get_rule, rule),
            "hook": (client.get_inline_hook, lambda id, thing: client.replace_inline_hook(
                id, InlineHookReplace.from_dict(thing.to_dict()))),
            "app": (client.get_application, client.replace_application),
        }

    def test_what_the_models_lack_stays_when_a_thing_is_put_back(self):
        ids, places = made()

        async def story():
            client = Client({"orgUrl": ORG, "token": TOKEN})
            for what, (get, put) in self.ways(client, ids).items():
                with self.subTest(what):
                    before = ask("GET", places[what])
                    name = "label" if what == "app" else "name"
                    thing = ok(await get(ids[what]))
                    setattr(thing, name, before[name] + "_again")
                    ok(await put(ids[what], thing))
                    after = ask("GET", places[what])
                    self.assertEqual(after.pop(name), before.pop(name) + "_again")
                    for told in after, before:
                        told.pop("lastUpdated", None)
                    self.assertEqual(after, before)

        asyncio.run(story())
        ask("POST", f"{places['app']}/lifecycle/deactivate")
        ask("DELETE", places["app"])
        ask("DELETE", places["server"])
        ask("POST", f"{places['hook']}/lifecycle/deactivate")
        for path in [places["hook"], f"/api/v1/users/{ids['user']}", f"/api/v1/users/{ids['user']}",
                     f"/api/v1/groups/{ids['group']}"]:
            ask("DELETE", path)


if __name__ == "__main__":
    unittest.main()
