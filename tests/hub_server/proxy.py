"""The Hub's proxy in the Hub's own process: JupyterHub's usual one needs node, and its port to Python knows no TLS.

It routes by host, speaks TLS in front, and shows the Hub's internal certificate behind; HTTP and websockets.
"""

import asyncio
import ssl
from contextlib import suppress
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, DummyCookieJar, TCPConnector, WSMsgType, web
from jupyterhub.proxy import Proxy
from jupyterhub.utils import make_ssl_context
from yarl import URL

_HOP_BY_HOP = {  # RFC 9110, section 7.6.1; the lengths are written anew
    *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer"),
    *("transfer-encoding", "upgrade", "content-length"),
}


class PythonProxy(Proxy):
    """Routes requests by the longest host and path that was added."""

    async def start(self):
        """Listen at the public address."""
        self._routes = {}
        certificates = self.app.internal_proxy_certs["proxy-client"]
        inner = make_ssl_context(
            certificates["keyfile"],
            certificates["certfile"],
            cafile=self.app.internal_trust_bundles["proxy-client-ca"],
        )
        self._session = ClientSession(
            connector=TCPConnector(ssl=inner, limit=0), cookie_jar=DummyCookieJar(), auto_decompress=False
        )
        outer = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        outer.load_cert_chain(self.ssl_cert, self.ssl_key)
        front = web.Application()
        front.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(front, access_log=None, auto_decompress=False)
        await self._runner.setup()
        public = urlsplit(self.public_url)
        await web.TCPSite(self._runner, public.hostname, public.port, ssl_context=outer, shutdown_timeout=1.0).start()

    async def stop(self):
        """Stop listening, and end what is open."""
        await self._runner.cleanup()
        await self._session.close()

    async def add_route(self, routespec, target, data):
        spec = self.validate_routespec(routespec)
        self._routes[spec] = {"routespec": spec, "target": target, "data": data}

    async def delete_route(self, routespec):
        self._routes.pop(self.validate_routespec(routespec), None)

    async def get_all_routes(self):
        return dict(self._routes)

    async def _answer(self, request):
        target = self._target(request.url.host, request.path)
        if target is None:
            return web.Response(status=404)
        url = URL(f"{target}{request.raw_path}", encoded=True)
        headers = request.headers.copy()
        for name in _HOP_BY_HOP & {name.lower() for name in headers}:
            headers.popall(name)
        headers["X-Forwarded-For"], headers["X-Forwarded-Proto"] = request.remote, "https"
        try:
            if request.headers.get("Upgrade", "").lower() == "websocket":
                return await self._carry(request, url, headers)
            return await self._pass_on(request, url, headers)
        except ClientError:
            return web.Response(status=502)

    def _target(self, host, path):
        specs = (spec for spec in self._routes if f"{host}{path}/".startswith(spec) or f"{path}/".startswith(spec))
        longest = max(specs, key=lambda spec: (not spec.startswith("/"), len(spec)), default=None)
        return None if longest is None else self._routes[longest]["target"]

    async def _pass_on(self, request, url, headers):
        body = await request.read()
        async with self._session.request(
            request.method, url, headers=headers, data=body or None, allow_redirects=False
        ) as inner:
            kept = inner.headers.copy()
            for name in _HOP_BY_HOP & {name.lower() for name in kept}:
                kept.popall(name)
            answer = web.StreamResponse(status=inner.status, reason=inner.reason, headers=kept)
            await answer.prepare(request)
            async for piece in inner.content.iter_any():
                await answer.write(piece)
            await answer.write_eof()
            return answer

    async def _carry(self, request, url, headers):
        for name in [name for name in headers if name.lower().startswith("sec-websocket-")]:
            headers.popall(name, None)
        async with self._session.ws_connect(url, headers=headers, max_msg_size=0) as inner:
            outer = web.WebSocketResponse(max_msg_size=0)
            await outer.prepare(request)
            carriers = [asyncio.ensure_future(_carry(*ends)) for ends in ((inner, outer), (outer, inner))]
            try:
                await asyncio.wait(carriers, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await outer.close()
                await inner.close()
                await asyncio.wait(carriers)
            return outer


async def _carry(source, target):
    with suppress(ClientError, ConnectionError, RuntimeError):
        async for message in source:
            if message.type is WSMsgType.TEXT:
                await target.send_str(message.data)
            elif message.type is WSMsgType.BINARY:
                await target.send_bytes(message.data)
