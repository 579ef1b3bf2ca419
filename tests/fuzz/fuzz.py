"""Runs schemathesis over the OpenAPI document of a running server, as each role in turn, with every check.

    fuzz.py BINARY [--requests N] [--seed S] [--only OPERATION]

The server is the real binary with a database of its own, people of each kind and a market that runs. It fails where
schemathesis finds anything, where the server answers 5xx, and where fewer than N requests were made.
"""

import argparse
import json
import os
import pathlib
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
PASSWORD = "correct horse battery"
# Everybody comes from one address, and faster than people.
RATES = {
    f"MAZAD__LIMITS__{klass}__{who}_{what}": "1000000"
    for klass in ("AUTH", "WRITE", "READ", "SOCKET")
    for who in ("USER", "ADDRESS")
    for what in ("PER_MINUTE", "BURST")
}


class Server:
    """The binary on a free port, with its data in a folder."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, pathlib.Path(folder)
        self.environment = dict(
            os.environ,
            MAZAD__HTTP__ADDRESS="127.0.0.1:0",
            MAZAD__DATABASE__URL=f"sqlite://{self.folder}/mazad.sqlite",
            MAZAD__AUTH__KEY_DIR=str(folder),
            MAZAD__AUTH__ACCESS_MINUTES="1440",
            LOG_FORMAT="json",
            **RATES,
        )
        self.log = self.folder / "server.log"

    def start(self):
        errors = open(self.log, "ab")
        command = [self.binary, "serve"]
        self.process = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, stderr=errors, text=True)
        for line in self.process.stdout:
            if found := re.search(r"http://[0-9.:]+", line):
                self.url = found.group()
                return
        sys.exit(f"the server did not start:\n{self.log.read_text()}")

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)

    def call(self, method, path, body=None, token=None):
        headers = {"content-type": "application/json", "idempotency-key": f"seed-{random.random()}"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            sys.exit(f"{method} {path} answered {error.code}: {error.read().decode()}")

    def person(self, phone, kind):
        """Registers somebody with the code that the development driver logs, and gives the access token."""
        before = self.log.read_text().count("a short message")
        body = {"name": "Somebody", "phone": phone, "password": PASSWORD, "type": kind}
        user = self.call("POST", "/api/v1/auth/register", body)["user_id"]
        while True:
            told = [line for line in self.log.read_text().splitlines() if "a short message" in line]
            if len(told) > before:
                break
            time.sleep(0.01)
        code = re.search(r"\b\d{6}\b", json.loads(told[-1])["sms.text"]).group()
        entered = self.call("POST", "/api/v1/auth/verify-otp", {"user_id": user, "otp_code": code})
        return entered["access_token"]

    def sign_in(self, phone):
        return self.call("POST", "/api/v1/auth/login", {"phone": phone, "password": PASSWORD})["access_token"]

    def metrics(self):
        with urllib.request.urlopen(f"{self.url}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        counts = [line.rsplit(" ", 1) for line in lines if line.startswith("mazad_http_requests_total")]
        failed = {name: int(count) for name, count in counts if 'status="5xx"' in name}
        return sum(int(count) for _, count in counts), failed


def seed(server):
    """People of each kind, and a request with a bid. Gives the tokens by role."""
    server.start()
    customer, merchant, admin = "0501111111", "0502222222", "0503333333"
    for phone, kind in [(customer, "customer"), (merchant, "merchant"), (admin, "customer")]:
        server.person(phone, kind)
    server.stop()
    database = sqlite3.connect(server.folder / "mazad.sqlite")
    database.execute("UPDATE users SET kind = 'admin' WHERE phone LIKE '%503333333'")
    database.commit()
    database.close()
    subprocess.run([server.binary, "verify-merchant", merchant], env=server.environment, check=True, capture_output=True)
    server.start()
    tokens = {"customer": server.sign_in(customer), "merchant": server.sign_in(merchant), "admin": server.sign_in(admin)}
    vehicle = server.call("POST", "/api/v1/users/vehicles", {"brand_id": 1, "model_id": 101, "year": 2019}, tokens["customer"])
    items = [{"part_name": "Bumper", "quantity": 1}]
    draft = {"vehicle_id": vehicle["id"], "title": "Bumper", "items": items, "bidding_duration_s": 86_400}
    made = server.call("POST", "/api/v1/orders/requests", draft, tokens["customer"])
    server.call("POST", f"/api/v1/orders/requests/{made['id']}/publish", None, tokens["customer"])
    line = {"request_item_id": made["items"][0]["id"], "quantity": 1, "unit_price": "900.00"}
    bid = {"items": [line], "delivery_hours": 24, "warranty_days": 30, "payment_terms": "cash"}
    server.call("POST", f"/api/v1/bidding/requests/{made['id']}/bids", bid, tokens["merchant"])
    return tokens


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary")
    arguments.add_argument("--requests", type=int, default=5_000)
    arguments.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    arguments.add_argument("--only", help="one operation id")
    arguments.add_argument("--examples", type=int, default=4, help="random cases of an operation in each round")
    options = arguments.parse_args()
    command = [pathlib.Path(sys.executable).parent / "schemathesis", "--config-file", HERE / "schemathesis.toml"]
    with tempfile.TemporaryDirectory() as folder:
        server = Server(options.binary, folder)
        tokens = seed(server)
        print(f"fuzz: seed {options.seed}, {options.requests} requests or more", flush=True)
        failures, rounds, began = 0, 0, time.monotonic()
        while True:
            for role, token in [*tokens.items(), ("anonymous", None)]:
                run = [*command, "run", f"{server.url}/api/openapi.json", "--seed", str(options.seed + rounds)]
                run += ["--max-examples", str(options.examples)]
                run += ["--include-operation-id", options.only] if options.only else []
                # Signed out, a role would see nothing but 401 for the rest of its round.
                run += ["--header", f"Authorization: Bearer {token}", "--exclude-operation-id", "logout"] if token else []
                done = subprocess.run([str(word) for word in run], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                if done.returncode:
                    failures += 1
                    print(f"---- as {role}, round {rounds}\n{done.stdout}", flush=True)
                total, failed = server.metrics()
                print(f"fuzz: {role}: {total} requests so far, {time.monotonic() - began:.0f} s", flush=True)
            rounds += 1
            if failures or total >= options.requests:
                break
        server.stop()
        if failed:
            print(f"fuzz: the server failed: {failed}\n" + "\n".join(l for l in server.log.read_text().splitlines() if "ERROR" in l))
        if failures or failed:
            sys.exit(f"fuzz: {failures} runs found something; again with --seed {options.seed}")
        print(f"fuzz: {total} requests in {rounds} rounds, nothing found")


main()
