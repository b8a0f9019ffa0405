"""Someone with a browser of their own, as far as a Hub can tell: cookies, redirects, and the page's XSRF token."""

import asyncio
import json
import re
import secrets
import socket
import ssl
import time
from typing import NamedTuple
from urllib.parse import quote

from aiohttp import ClientSession, CookieJar, TCPConnector
from aiohttp.abc import AbstractResolver

_SECONDS = 60.0


class Answer(NamedTuple):
    """What came back, after redirects."""

    status: int
    url: str
    text: str

    def json(self):
        """Return it as values."""
        return json.loads(self.text)


class Person:
    """Use it in a ``with``.

    Parameters
    ----------
    hub : RunningHub
        Where.
    name : str
        As the Hub knows them.
    """

    def __init__(self, hub, name):
        self.hub = hub
        self.name = name

    def __enter__(self):
        self._runner = asyncio.Runner()
        self._session = self._runner.run(self._open())
        return self

    def __exit__(self, *_):
        self._runner.run(self._close())
        self._runner.close()

    def log_in(self, *, to="/hub/spawn"):
        """Fill in the login page; by default this starts the server too."""
        page = self.get(self.hub.address("/hub/login"))
        form = {"username": self.name, "password": self.hub.passwords[self.name], "_xsrf": _xsrf_of_form(page.text)}
        return self.post(self.hub.address(f"/hub/login?next={quote(to, safe='')}"), data=form)

    def start_server(self):
        """Start the server, wait for it, and log in to it, as following the Hub's home page does."""
        self.get(self.hub.address(f"/hub/spawn/{self.name}"))
        end = time.monotonic() + _SECONDS
        while True:
            page = self.get(self.server("/lab"))
            if page.status == 200 and page.url.startswith(self.server("/lab")):
                return
            if time.monotonic() > end:
                raise RuntimeError(f"{page.status} {page.url}\n{self.hub.log()[-5000:]}")
            time.sleep(0.2)

    def server(self, path, *, of=None):
        """Return an address of a person's server; by default of this person's."""
        owner = of or self.name
        return self.hub.address(f"/user/{owner}{path}", of=owner)

    def get(self, url, *, token=None):
        """Load a page, with this browser's cookies; or with a token and no cookie, as a program does."""
        return self._runner.run(self._request("GET", url, token=token))

    def post(self, url, *, data=None, token=None, headers=None):
        """Send a form, or ask for something to be done."""
        return self._runner.run(self._request("POST", url, data=data, token=token, headers=headers))

    def cookies(self):
        """Return what this browser keeps, as it was set."""
        return list(self._session.cookie_jar)

    def new_token(self):
        """Make a token on the Hub's page, with all that this person may do."""
        page = self.get(self.hub.address("/hub/token"))
        xsrf = re.search(r'xsrf_token: "([^"]+)"', page.text)[1]
        url = f"{self.hub.address(f'/hub/api/users/{self.name}/tokens')}?_xsrf={xsrf}"
        return self.post(url, data="{}", headers={"Content-Type": "application/json"}).json()["token"]

    def start_kernel(self):
        """Start a kernel through the server, as JupyterLab does; `run` uses it."""
        headers = {"X-XSRFToken": self._cookie("_xsrf")}
        self._kernel = self.post(self.server("/api/kernels"), data="{}", headers=headers).json()["id"]

    def run(self, source):
        """Run code in the kernel over its websocket, and return what it printed.

        Raises
        ------
        RuntimeError
            With the kernel's traceback.
        """
        return self._runner.run(self._run(source))

    async def _open(self):
        context = ssl.create_default_context()
        self.hub.authority.configure_trust(context)
        self._context = context
        jar = CookieJar(quote_cookie=False)
        return ClientSession(connector=TCPConnector(resolver=_ThisMachine(), ssl=context), cookie_jar=jar)

    async def _close(self):
        await self._session.close()
        await asyncio.sleep(0.25)  # seconds: TLS says goodbye meanwhile (aiohttp's documentation, "Graceful Shutdown")

    async def _request(self, method, url, *, token=None, data=None, headers=None):
        headers = {"Accept": "text/html,*/*", "Sec-Fetch-Mode": "navigate", **(headers or {})}
        if token is None:
            async with self._session.request(method, url, data=data, headers=headers) as answer:
                return Answer(answer.status, str(answer.url), await answer.text())
        headers = {"Authorization": f"token {token}"}
        connector = TCPConnector(resolver=_ThisMachine(), ssl=self._context)
        async with (
            ClientSession(connector=connector) as program,
            program.request(method, url, data=data, headers=headers) as answer,
        ):
            return Answer(answer.status, str(answer.url), await answer.text())

    def _cookie(self, name):
        host = f"{self.name}."
        for cookie in self._session.cookie_jar:
            if cookie.key == name and cookie["domain"].startswith(host):
                return cookie.value
        raise KeyError(name)

    async def _run(self, source):
        message = secrets.token_hex(16)
        url = f"{self.server(f'/api/kernels/{self._kernel}/channels')}?_xsrf={self._cookie('_xsrf')}"
        async with self._session.ws_connect(url, max_msg_size=0) as channels:
            header = {"msg_id": message, "msg_type": "execute_request", "session": "test", "username": self.name}
            await channels.send_json(
                {
                    "header": header | {"version": "5.3", "date": ""},
                    "parent_header": {},
                    "metadata": {},
                    "content": {"code": source, "silent": False, "store_history": False, "allow_stdin": False},
                    "channel": "shell",
                    "buffers": [],
                }
            )
            async with asyncio.timeout(_SECONDS):
                return await _printed(channels, message)


async def _printed(channels, message):
    """Return what a cell printed, once both its reply and its end have come."""
    printed, awaited = [], {"execute_reply", "idle"}
    while awaited:
        said = await channels.receive_json()
        if said["parent_header"].get("msg_id") != message:
            continue
        kind, content = said["msg_type"], said["content"]
        if kind == "stream" and content["name"] == "stdout":
            printed.append(content["text"])
        elif kind == "error":
            raise RuntimeError(re.sub(r"\x1b\[[\d;]*m", "", "\n".join(content["traceback"])))
        awaited -= {kind, content.get("execution_state")}
    return "".join(printed)


class _ThisMachine(AbstractResolver):
    """Finds every name on this machine, as a wildcard in DNS would."""

    async def resolve(self, host, port=0, family=socket.AF_INET):
        found = {"hostname": host, "host": "127.0.0.1", "port": port}
        return [found | {"family": socket.AF_INET, "proto": 0, "flags": socket.AI_NUMERICHOST}]

    async def close(self):
        pass


def _xsrf_of_form(page):
    return re.search(r'name="_xsrf"\s+value="([^"]+)"', page)[1]
