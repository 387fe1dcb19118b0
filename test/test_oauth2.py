"""Exporters with OAuth2 tokens of a real provider, and a peer that asks it about each of them."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time

import requests

from clew import REPO, Clew, free_port, wait_until
from fault_peer import FaultPeer
from otlp_requests import request

SERVER = REPO / "test" / "sdk" / "token_server.mjs"
CLIENT, SECRET = "agent", "s:cret & more"


class TokenServer:
    """oidc-provider, certified by the OpenID Foundation."""

    def __init__(self, life_s: int = 600, method: str = "client_secret_basic"):
        self.port = free_port()
        self.method = method
        self.command = ["node", SERVER, str(self.port), str(life_s), method]

    def __enter__(self) -> TokenServer:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(
            self.command, env=os.environ | {"NODE_ENV": "production"}, **quiet
        )
        wait_until(self._answers)
        return self

    def __exit__(self, *_) -> None:
        self.process.kill()
        self.process.wait()

    def _answers(self) -> bool:
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(self.url("/.well-known/openid-configuration"), timeout=5).ok
        return False

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def about(self, token: str, what: str) -> requests.Response:
        """POST /token/introspection or /token/revocation, as the client."""
        form, auth = {"token": token}, None
        if self.method == "client_secret_basic":
            # Encoded once more than basic authentication is (RFC 6749, section 2.3.1).
            auth = (CLIENT, requests.compat.quote_plus(SECRET))
        else:
            form |= {"client_id": CLIENT, "client_secret": SECRET}
        return requests.post(self.url(f"/token/{what}"), data=form, auth=auth, timeout=10)


class TokenPeer(FaultPeer):
    """Takes spans of those whose token the provider knows; a fake in all else."""

    def __init__(self, tokens: TokenServer):
        super().__init__()
        self.tokens = tokens
        self.accepted: list[str] = []  # tokens, in order of their first use
        self.refused = 0

    def act(self, handler, entry, body: bytes) -> None:
        scheme, _, token = handler.headers.get("Authorization", "").partition(" ")
        known = self.tokens.about(token, "introspection").json()["active"]
        if scheme != "Bearer" or not known:
            self.refused += 1
            return self.answer(handler, 401, body)
        if token not in self.accepted:
            self.accepted.append(token)
        self.answer(handler, entry, body)


def agent_of(peer: TokenPeer, tmp_path) -> Clew:
    file = tmp_path / "agent.yaml"
    file.write_text(f"""
exporters:
  otlphttp:
    endpoint: {peer.url}
    retry_on_failure: {{initial_interval: 100ms}}
    oauth2:
      client_id: {CLIENT}
      client_secret: "{SECRET}"
      token_url: {peer.tokens.url("/token")}
      scopes: ["traces:write"]
""")
    return Clew("agent", tmp_path, "--config", str(file), "--batch-timeout", "20ms")


def send(agent: Clew) -> None:
    assert agent.otlp(request(1)[0]).status_code == 200


def test_tokens_are_renewed_before_they_expire(tmp_path):
    with TokenServer(life_s=4) as tokens, TokenPeer(tokens) as peer:
        with agent_of(peer, tmp_path) as agent:
            end = time.monotonic() + 10
            sent = 0
            while time.monotonic() < end:
                send(agent)
                sent += 1
                time.sleep(0.1)
        assert len(peer.names) == sent
        assert len(peer.accepted) >= 3
        assert peer.refused == 0


def test_a_withdrawn_token_is_replaced(tmp_path):
    with TokenServer() as tokens, TokenPeer(tokens) as peer, agent_of(peer, tmp_path) as agent:
        send(agent)
        wait_until(lambda: len(peer.names) == 1)
        assert tokens.about(peer.accepted[0], "revocation").ok
        send(agent)
        wait_until(lambda: len(peer.names) == 2)
        assert peer.refused == 1 and len(peer.accepted) == 2


def test_spans_wait_for_a_token_server_that_is_away(tmp_path):
    tokens = TokenServer()
    with TokenPeer(tokens) as peer, agent_of(peer, tmp_path) as agent:
        send(agent)
        wait_until(lambda: "no token from" in agent.log.read_text())
        with tokens:
            wait_until(lambda: len(peer.names) == 1)


def test_a_server_may_want_the_secret_in_the_body(tmp_path):
    tokens = TokenServer(method="client_secret_post")
    with tokens, TokenPeer(tokens) as peer, agent_of(peer, tmp_path) as agent:
        send(agent)
        wait_until(lambda: len(peer.names) == 1)
