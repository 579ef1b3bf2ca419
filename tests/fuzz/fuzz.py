"""Runs schemathesis over the OpenAPI document of a running server, as each role in turn, with every check.

    fuzz.py BINARY [--requests N] [--seed S] [--only OPERATION]

The server is the real binary with a database of its own, people of each kind and a market that runs. It fails where
schemathesis finds anything, where the server answers 5xx, and where fewer than N requests were made.
"""

import argparse
import base64
import collections
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
PASSWORD = "correct horse battery"
# Calls that end the sign-in they come with: each in a run of its own, or everything behind them would only hear 401.
LEAVING = ["logout", "delete_session"]
# One white point.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4//8/AAX+Av4N70a4AAAAAElFTkSuQmCC"
)
# Everybody comes from one address, and faster than people.
RATES = {
    f"MAZAD__LIMITS__{klass}__{who}_{what}": "1000000"
    for klass in ("AUTH", "WRITE", "READ", "SOCKET")
    for who in ("USER", "ADDRESS")
    for what in ("PER_MINUTE", "BURST")
}
CODES = {f"MAZAD__OTP__{what}": "1000000" for what in ("DAILY_BUDGET", "PER_ADDRESS_HOUR", "PER_NETWORK_HOUR")}
# Behind the work and the unused codes of a prefix lies what is to be reached.
CODES.update(MAZAD__OTP__WORK_AFTER="0", MAZAD__OTP__PREFIX_CODES="0")


class Server:
    """The binary on a free port, with its data in a folder."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, pathlib.Path(folder)
        self.environment = dict(
            os.environ,
            MAZAD__HTTP__ADDRESS="127.0.0.1:0",
            MAZAD__DATABASE__URL=f"sqlite://{self.folder}/mazad.sqlite",
            MAZAD__AUTH__KEY_DIR=str(folder),
            MAZAD__FILES__PATH=str(self.folder / "files"),
            MAZAD__AUTH__ACCESS_MINUTES="1440",
            LOG_FORMAT="json",
            **RATES,
            **CODES,
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

    def upload(self, name, token):
        """Uploads one point, and gives the file's id."""
        head = f'Content-Disposition: form-data; name="file"; filename="{name}"'
        form = b"--b\r\n" + head.encode() + b"\r\n\r\n" + PNG + b"\r\n--b--\r\n"
        headers = {"content-type": "multipart/form-data; boundary=b", "authorization": f"Bearer {token}"}
        headers["idempotency-key"] = f"seed-{random.random()}"
        request = urllib.request.Request(f"{self.url}/api/v1/files", form, headers, method="POST")
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read())["id"]

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
        return sum(int(count) for _, count in counts), failed, counts


    def run(self, *words, **environment):
        subprocess.run(
            [self.binary, *words], env=dict(self.environment, **environment), check=True, capture_output=True
        )


def seed(server, number):
    """People of each kind that nobody knows yet, and a market between them: requests, bids, orders and payments in every
    state. Gives the tokens by role, and the ids of it all by their prefix, for ids.py."""
    customer, merchant, admin = (f"05{kind}{number:07}" for kind in (1, 2, 3))
    server.person(customer, "customer")
    server.person(merchant, "merchant")
    server.run("verify-merchant", merchant)
    server.run("admin", "create", "--phone", admin, "--name", "Boss", MAZAD_ADMIN_PASSWORD=PASSWORD)
    tokens = {"customer": server.sign_in(customer), "merchant": server.sign_in(merchant)}
    vehicle = {"brand_id": 1, "model_id": 101, "year": 2019}
    vehicle = server.call("POST", "/api/v1/users/vehicles", vehicle, tokens["customer"])
    tokens["admin"] = server.sign_in(admin)
    ids = collections.defaultdict(list, brand=[1], model=[101])
    ids["veh"].append(vehicle["id"])
    for who in ("customer", "merchant"):
        ids[who].append(server.call("GET", "/api/v1/auth/me", None, tokens[who])["id"])
        ids["usr"].append(ids[who][-1])
        for name in ("one.png", "two.png"):
            ids["fil"].append(server.upload(name, tokens[who]))
        presigned = server.call("POST", "/api/v1/files/presign", {"name": "a.png", "bytes": len(PNG)}, tokens[who])
        ids["fil"].append(presigned["id"])
    for state in STATES:
        play(server, tokens, ids, state)
    # The admin comes last: it may suspend the others.
    return {"customer": tokens["customer"], "merchant": tokens["merchant"], "anonymous": None, "admin": tokens["admin"]}, ids


# How far each thing of the market goes; some twice, because calls use them up.
STATES = ["draft", "draft", "open", "open", "open", "closed", "closed", "new", "new", "shipped", "delivered", "delivered"]


def play(server, tokens, ids, state):
    """A request, and what comes of it as far as this state."""
    customer, merchant = tokens["customer"], tokens["merchant"]

    def told(kind, id):
        ids[kind].append(id)
        ids[f"{kind}.{state}"].append(id)
        return id

    items = [{"part_name": "Bumper", "quantity": 1}]
    draft = {"vehicle_id": ids["veh"][0], "title": "Bumper", "items": items, "bidding_duration_s": 86_400}
    draft["rules"] = {"allow_early_close": True}
    made = server.call("POST", "/api/v1/orders/requests", draft, customer)
    request = f"/api/v1/orders/requests/{told('req', made['id'])}"
    told("itm", made["items"][0]["id"])
    if state == "draft":
        return
    server.call("POST", f"{request}/publish", None, customer)
    line = {"request_item_id": made["items"][0]["id"], "quantity": 1, "unit_price": "900.00"}
    bid = {"items": [line], "delivery_hours": 24, "warranty_days": 30, "payment_terms": "cash"}
    bid = server.call("POST", f"/api/v1/bidding/requests/{made['id']}/bids", bid, merchant)["bid"]["id"]
    told("bid", bid)
    asked = {"question": "Is it the one in the photo?"}
    told("qst", server.call("POST", f"/api/v1/bidding/requests/{made['id']}/questions", asked, merchant)["id"])
    if state == "open":
        return
    server.call("POST", f"{request}/close", None, customer)
    if state == "closed":
        return
    order = told("ord", server.call("POST", f"{request}/accept", {"bid_id": bid}, customer)["id"])
    paid = {"order_id": order, "method": "bank_transfer"}
    payment = told("pay", server.call("POST", "/api/v1/payments", paid, customer)["id"])
    steps = {"new": [], "shipped": ["confirm", "prepare", "ship"], "delivered": ["confirm", "prepare", "ship", "deliver"]}
    for step in steps[state]:
        server.call("POST", f"/api/v1/orders/{order}/{step}", None, merchant)
    if state == "delivered":
        server.call("POST", f"/api/v1/payments/{payment}/confirm", None, tokens["admin"])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary")
    arguments.add_argument("--requests", type=int, default=5_000)
    arguments.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    arguments.add_argument("--only", help="one operation id")
    arguments.add_argument("--verbose", action="store_true", help="print what schemathesis says")
    arguments.add_argument("--examples", type=int, default=4, help="random cases of an operation in each round")
    options = arguments.parse_args()
    command = [pathlib.Path(sys.executable).parent / "schemathesis", "--config-file", HERE / "schemathesis.toml"]
    with tempfile.TemporaryDirectory() as folder:
        server = Server(options.binary, folder)
        server.start()
        print(f"fuzz: seed {options.seed}, {options.requests} requests or more", flush=True)
        failures, rounds, began = 0, 0, time.monotonic()
        known = pathlib.Path(folder) / "ids.json"

        def fuzz(role, token, *words):
            run = [*command, "run", f"{server.url}/api/openapi.json", "--seed", options.seed + rounds]
            run += ["--max-examples", options.examples, *words]
            run += ["--header", f"Authorization: Bearer {token}"] if token else []
            run = [str(word) for word in run]
            told = dict(os.environ, SCHEMATHESIS_HOOKS=str(HERE / "ids.py"), FUZZ_IDS=str(known), FUZZ_SEED=str(options.seed + rounds))
            done = subprocess.run(run, cwd=folder, env=told, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if done.returncode or options.verbose:
                print(f"---- as {role}, round {rounds}\n{done.stdout}", flush=True)
            return int(done.returncode != 0)

        while True:
            tokens, ids = seed(server, rounds)
            known.write_text(json.dumps(ids))
            for role, token in tokens.items():
                only = ["--include-operation-id", options.only] if options.only else []
                leaving = [word for name in LEAVING for word in ("--exclude-operation-id", name)]
                failures += fuzz(role, token, *(only or leaving))
                if token and not options.only:
                    # Had it ended in between, the rest of the run would have tested nothing.
                    server.call("GET", "/api/v1/auth/me", None, token)
                total, failed, counts = server.metrics()
                print(f"fuzz: {role}: {total} requests so far, {time.monotonic() - began:.0f} s", flush=True)
            for name in [] if options.only else LEAVING:
                customer = f"054{rounds:05}{LEAVING.index(name):02}"
                failures += fuzz("one who leaves", server.person(customer, "customer"), "--include-operation-id", name)
            rounds += 1
            if failures or total >= options.requests:
                break
        total, failed, counts = server.metrics()
        server.stop()
        if failed:
            print(f"fuzz: the server failed: {failed}\n" + "\n".join(l for l in server.log.read_text().splitlines() if "ERROR" in l))
        if failures or failed:
            sys.exit(f"fuzz: {failures} runs found something; again with --seed {options.seed}")
        print(f"fuzz: {total} requests in {rounds} rounds, nothing found; {deaf(counts)}")


def deaf(counts):
    """How many of the operations answered 2xx at least once, and which did not."""
    served = collections.Counter()
    for name, count in counts:
        route, method, status = re.search(r'route="([^"]*)",method="([^"]*)",status="([^"]*)"', name).groups()
        served[f"{method} {route}"] += int(count) if status == "2xx" else 0
    never = sorted(place for place, count in served.items() if not count)
    return f"{len(served) - len(never)} of {len(served)} operations answered 2xx, never: {', '.join(never)}"


main()
