#!/usr/bin/env python3
"""Holds the keys Stile signs tokens with in a PKCS#11 token: docs/keys.md, "Keys held elsewhere".

Debian: apt-get install python3-pykcs11, and the module of your HSM (softhsm2 to try it).
The file of keys has a line for each: its state (current, next, previous) and its label in the token. It is read at every
look, so that a change of keys is an edit of it.
"""

import argparse
import base64
import hashlib
import json
import os
import socketserver
import sys

import PyKCS11
from PyKCS11 import LowLevel as p11

P256 = bytes.fromhex("06082a8648ce3d030107")


def b64(raw):
    return base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Token:
    """One session, opened when it is needed, and again after whatever went wrong with it."""

    def __init__(self, module, label, pin):
        self.module, self.label, self.pin, self.session = module, label, pin, None

    def opened(self):
        if self.session is None:
            # Most modules see a token that came back only when they are loaded anew.
            lib = PyKCS11.PyKCS11Lib()
            lib.load(self.module)
            for slot in lib.getSlotList(tokenPresent=True):
                if lib.getTokenInfo(slot).label.strip().rstrip("\0") == self.label:
                    session = lib.openSession(slot, p11.CKF_SERIAL_SESSION)
                    session.login(self.pin)
                    self.lib, self.session = lib, session
                    return session
            raise LookupError(f"no token {self.label}")
        return self.session

    def lost(self):
        self.session = None

    def find(self, kind, label):
        found = self.opened().findObjects([(p11.CKA_CLASS, kind), (p11.CKA_LABEL, label)])
        if len(found) != 1:
            raise LookupError(f"{len(found)} keys {label}")
        return found[0]

    def public(self, label):
        half = self.find(p11.CKO_PUBLIC_KEY, label)
        value = lambda *names: self.opened().getAttributeValue(half, names)
        (kind,) = value(p11.CKA_KEY_TYPE)
        if kind == p11.CKK_RSA:
            n, e = value(p11.CKA_MODULUS, p11.CKA_PUBLIC_EXPONENT)
            return "RS256", {"kty": "RSA", "n": b64(bytes(n).lstrip(b"\0")), "e": b64(bytes(e).lstrip(b"\0"))}
        curve, point = value(p11.CKA_EC_PARAMS, p11.CKA_EC_POINT)
        if bytes(curve) != P256:
            raise LookupError(f"{label} is not on P-256")
        x_and_y = bytes(point)[-64:]
        return "ES256", {"kty": "EC", "crv": "P-256", "x": b64(x_and_y[:32]), "y": b64(x_and_y[32:])}

    def sign(self, label, alg, data):
        key = self.find(p11.CKO_PRIVATE_KEY, label)
        if alg == "RS256":
            return self.opened().sign(key, data, PyKCS11.Mechanism(p11.CKM_SHA256_RSA_PKCS))
        if alg == "ES256":
            return self.opened().sign(key, hashlib.sha256(data).digest(), PyKCS11.Mechanism(p11.CKM_ECDSA))
        raise LookupError(f"no algorithm {alg}")


def listed(file):
    with open(file, encoding="utf-8") as lines:
        return [line.split() for line in lines if line.strip() and not line.startswith("#")]


def answer(question, token, file):
    if question["op"] == "keys":
        keys = []
        for state, label in listed(file):
            alg, jwk = token.public(label)
            keys.append({"id": label, "alg": alg, "state": state, "jwk": jwk})
        return {"keys": keys}
    if question["op"] == "sign":
        # Nothing but what the file names is signed with: other keys of the token are nobody's business here.
        if question["id"] not in [label for _, label in listed(file)]:
            raise LookupError("no such key")
        return {"signature": b64(token.sign(question["id"], question["alg"], unb64(question["data"])))}
    raise LookupError("no such op")


class Connection(socketserver.StreamRequestHandler):
    # One at a time, as one session wants it: who says nothing must not keep the others waiting.
    timeout = 2

    def handle(self):
        said = None
        try:
            said = answer(json.loads(self.rfile.readline(65536)), self.server.token, self.server.keys)
        except (PyKCS11.PyKCS11Error, LookupError, ValueError, TypeError, OSError) as error:
            if isinstance(error, PyKCS11.PyKCS11Error):
                self.server.token.lost()
            print(error, file=sys.stderr, flush=True)
            said = {"error": str(error)}
        try:
            self.wfile.write(json.dumps(said).encode() + b"\n")
        except OSError:
            pass


class Agent(socketserver.UnixStreamServer):
    request_queue_size = 512


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--module", required=True, help="the PKCS#11 module, a .so file")
    parser.add_argument("--token", required=True, help="the label of the token")
    parser.add_argument("--pin-file", required=True)
    parser.add_argument("--keys", required=True, help="the file of keys")
    parser.add_argument("--socket", required=True, help="where to listen; keys.held.socket of Stile")
    parser.add_argument("--mode", default="600", help="of the socket, octal: whoever may write to it may sign")
    options = parser.parse_args()
    with open(options.pin_file, encoding="utf-8") as file:
        pin = file.read().strip()
    if os.path.exists(options.socket):
        os.unlink(options.socket)
    # Made with no rights for others, not given away afterwards.
    os.umask(0o777 & ~int(options.mode, 8))
    with Agent(options.socket, Connection) as agent:
        agent.token, agent.keys = Token(options.module, options.token, pin), options.keys
        agent.token.opened()
        print("listening", flush=True)
        agent.serve_forever()


if __name__ == "__main__":
    main()
