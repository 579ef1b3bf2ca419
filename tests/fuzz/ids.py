"""Schemathesis hooks: random calls reach things that are there.

Two of three ids, in urls, queries and bodies, become ids of the seeded market (FUZZ_IDS, a JSON file of lists by prefix);
the third stays random. Only where an id of the right form would stand anyway, so that what is meant to be refused still is.
"""

import json
import os
import random
import re

import schemathesis

KNOWN = json.load(open(os.environ["FUZZ_IDS"]))
WORD = re.compile(r"^(usr|veh|req|itm|bid|ord|qst|pay|rfd|fil|rev|ses)_[0-7][0-9a-hjkmnp-tv-z]{12}$")
# What an {id} is, by the beginning of the url; the first that fits.
URLS = [
    (r"/orders/requests/", "req"),
    (r"/orders/", "ord"),
    (r"/bidding/requests/", "req"),
    (r"/bidding/questions/", "qst"),
    (r"/bidding/bids/", "bid"),
    (r"/users/vehicles/", "veh"),
    (r"/users/merchants/|/users/blocks/", "merchant"),
    (r"/users/", "customer"),
    (r"/payments/", "pay"),
    (r"/files/", "fil"),
    (r"/catalog/brands/", "brand"),
    (r"/catalog/models/", "model"),
]
# By the last word of the url: the things that this call has a use for.
BEST = {
    "accept": "req.closed", "scoreboard": "req.closed", "comparison": "req.closed", "audit": "req.closed",
    "publish": "req.draft", "bids": "req.open", "questions": "req.open", "events": "req.open",
    "price-to-lead": "req.open", "pause": "req.open", "resume": "req.open", "extend": "req.open", "close": "req.open",
    "review": "ord.delivered", "complete": "ord.delivered", "return": "ord.delivered", "dispute": "ord.delivered",
    "deliver": "ord.shipped", "invoice": "ord.delivered", "confirm": "ord.new", "decline": "ord.new", "cancel": "",
}
dice = random.Random(int(os.environ.get("FUZZ_SEED", "1")))


def one_of(kind):
    several = KNOWN.get(kind)
    return dice.choice(several) if several else None


def known(path):
    """An id for this url."""
    kind = next((kind for begin, kind in URLS if re.search(begin, path)), None)
    best = BEST.get(path.rsplit("/", 1)[-1], "")
    if best.split(".")[0] == kind and dice.random() < 0.7:
        return one_of(best) or one_of(kind)
    return one_of(kind)


def replaced(value):
    """The same with known ids in place of random ones."""
    if isinstance(value, dict):
        return {name: replaced(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [replaced(inner) for inner in value]
    if isinstance(value, str) and (found := WORD.match(value)) and dice.random() < 2 / 3:
        return one_of(found.group(1)) or value
    return value


@schemathesis.hook
def before_call(context, case, kwargs):
    parameters = case.path_parameters or {}
    if case.operation.path.endswith("/live"):
        # A room takes no plain call: with an id that is there it would only say so.
        return
    sent = parameters.get("id")
    # A link of the document has put an id there that another call answered.
    if sent is not None and not WORD.match(str(sent)) and dice.random() < 2 / 3:
        parameters["id"] = known(case.operation.path) or sent
    for name, value in (case.query or {}).items():
        case.query[name] = replaced(value)
    if isinstance(case.body, (dict, list)):
        case.body = replaced(case.body)
