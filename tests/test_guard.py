"""Every way out of the machine is refused with one sentence, and every way around inside it stays open.

The hosts named here either do not exist (``.invalid``) or are addresses set aside for documentation (RFC 5737,
RFC 3849), so that a hole in the guard could do no harm. What depends on the order of imports runs in its own process.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import textwrap
import threading
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
import urllib3
from botocore.config import Config
from botocore.credentials import ContainerMetadataFetcher, InstanceMetadataFetcher
from botocore.httpsession import URLLib3Session
from moto import mock_aws

from waterline import guard
from waterline.guard import OutsideTheLab

guard.install()

ROOT = Path(__file__).parent.parent
NAME, ADDRESS, ADDRESS6 = "orders.invalid", "203.0.113.1", "2001:db8::1"
FUNCTION_URL = "https://abc123.lambda-url.us-east-1.on.aws/"


def assert_one_sentence(text: str) -> None:
    """What was tried, then why it was refused, then what to do instead, in one sentence."""
    assert re.fullmatch(r"[^\n]+ was refused, because [^\n]+: [^\n]+\.", text), text
    assert not re.search(r"\. [A-Z]", text), text


@dataclass
class LocalServer:
    """A web server on this machine that answers everything, and keeps what it was asked."""

    port: int
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[LocalServer]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            local.asked.append(self.requestline)
            body = b'{"QueueUrls": ["here"]}'
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_CONNECT = answer  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        local = LocalServer(httpd.server_port)
        threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield local
        httpd.shutdown()


# --- the ways out that go through boto3 ------------------------------------------------------------------------------


def test_a_call_without_a_cloud_says_that_no_cloud_is_open() -> None:
    with pytest.raises(OutsideTheLab) as refused:
        boto3.client("sqs").send_message(QueueUrl="https://sqs.us-east-1.amazonaws.com/1/orders", MessageBody="")
    assert str(refused.value) == (
        "sqs:SendMessage to sqs.us-east-1.amazonaws.com was refused, because no cloud is open: "
        "open one with Cloud(...) or Cloud.start(...), and make the call again."
    )


def test_a_call_after_the_cloud_was_closed_says_that_no_cloud_is_open() -> None:
    with mock_aws():
        sqs = boto3.client("sqs")
        sqs.list_queues()
    with pytest.raises(OutsideTheLab, match="no cloud is open"):
        sqs.list_queues()


NAMES_OF_CALLS = [
    ("sns", "publish", {"TopicArn": "a", "Message": "m"}, "sns:Publish to sns.us-east-1.amazonaws.com "),
    ("dynamodb", "list_tables", {}, "dynamodb:ListTables to dynamodb.us-east-1.amazonaws.com "),
    (
        "lambda",
        "invoke",
        {"FunctionName": "charge"},
        "lambda POST /2015-03-31/functions/charge/invocations to lambda.us-east-1.amazonaws.com ",
    ),
    ("s3", "list_objects_v2", {"Bucket": "orders"}, "s3 GET / to orders.s3.amazonaws.com "),
]


@pytest.mark.parametrize(("service", "operation", "arguments", "start"), NAMES_OF_CALLS)
def test_the_sentence_names_the_call(service: str, operation: str, arguments: dict[str, str], start: str) -> None:
    with pytest.raises(OutsideTheLab) as refused:
        getattr(boto3.client(service), operation)(**arguments)
    assert_one_sentence(str(refused.value))
    assert str(refused.value).startswith(start)


@pytest.mark.parametrize("cloud_is_open", [False, True])
def test_a_dual_stack_endpoint_is_refused_with_a_sentence(cloud_is_open: bool) -> None:
    def call() -> None:
        boto3.client("sqs", config=Config(use_dualstack_endpoint=True)).list_queues()

    with pytest.raises(OutsideTheLab) as refused:
        mock_aws()(call)() if cloud_is_open else call()
    assert str(refused.value) == (
        "sqs:ListQueues to sqs.us-east-1.api.aws was refused, because the lab has no dual-stack endpoints: "
        "make the client again without use_dualstack_endpoint."
    )


@pytest.mark.parametrize("cloud_is_open", [False, True])
@pytest.mark.parametrize("host", [NAME, ADDRESS, f"[{ADDRESS6}]", "127.0.0.1.orders.invalid"])
def test_an_endpoint_url_off_this_machine_is_refused_with_a_sentence(cloud_is_open: bool, host: str) -> None:
    def call() -> None:
        boto3.client("sqs", endpoint_url=f"https://{host}:4566").list_queues()

    with pytest.raises(OutsideTheLab) as refused:
        mock_aws()(call)() if cloud_is_open else call()
    assert str(refused.value) == (
        f"sqs:ListQueues to {host.strip('[]')} was refused, because nothing leaves this machine in the lab: "
        "make the client again without endpoint_url, or with one on localhost."
    )


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_a_refused_call_is_tried_once_whatever_the_retry_mode(mode: str) -> None:
    attempts = []
    sqs = boto3.client("sqs", config=Config(retries={"mode": mode, "total_max_attempts": 5}))  # type: ignore[typeddict-item]
    sqs.meta.events.register("before-send", lambda **_: attempts.append(1))
    with pytest.raises(OutsideTheLab):
        sqs.list_queues()
    assert len(attempts) == 1


METADATA: dict[str, tuple[Callable[[], object], str]] = {
    "instance metadata": (
        lambda: InstanceMetadataFetcher(env={}).retrieve_iam_role_credentials(),
        "PUT /latest/api/token to 169.254.169.254",
    ),
    "container credentials": (
        lambda: ContainerMetadataFetcher().retrieve_uri("/role"),
        "GET /role to 169.254.170.2",
    ),
    "urllib": (lambda: urllib.request.urlopen("http://169.254.169.254/"), "Connecting to 169.254.169.254:80"),
    "requests": (lambda: requests.get("http://[fd00:ec2::254]/"), "Connecting to [fd00:ec2::254]:80"),
}


@pytest.mark.parametrize("way", METADATA)
def test_metadata_is_refused_with_a_sentence(way: str) -> None:
    ask, tried = METADATA[way]
    with pytest.raises(OutsideTheLab) as refused:
        ask()
    assert str(refused.value) == (
        f"{tried} was refused, because there is no instance or container metadata here: "
        "credentials are set already, so make the session and the client again after importing waterline."
    )


# --- the ways out that go round boto3 --------------------------------------------------------------------------------


def tcp(method: str, host: str, family: int = socket.AF_INET) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        getattr(sock, method)((host, 443))


def udp(host: str, family: int = socket.AF_INET, *, message: bool = False) -> None:
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        if message:
            sock.sendmsg([b"x"], [], 0, (host, 53))
        else:
            sock.sendto(b"x", (host, 53))


def native(method: str, *arguments: object) -> None:
    """The socket below Python's own, for whoever goes round the methods that check the address first."""
    import _socket

    sock = _socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        getattr(sock, method)(*arguments)
    finally:
        sock.close()


def bind(host: str) -> None:
    with socket.socket() as sock:
        sock.bind((host, 0))


async def stream(host: str) -> None:
    await asyncio.open_connection(host, 443)


def retrying_session() -> requests.Session:
    session = requests.Session()
    retries = urllib3.Retry(total=20, backoff_factor=100)  # a test that waits is a test that fails
    session.mount("https://", requests.adapters.HTTPAdapter(max_retries=retries))
    return session


WAYS_OUT: dict[str, tuple[Callable[[], object], str]] = {
    "urllib": (lambda: urllib.request.urlopen(f"https://{NAME}/"), f"Looking up {NAME}:443"),
    "urllib, address": (lambda: urllib.request.urlopen(f"http://{ADDRESS}/"), f"Connecting to {ADDRESS}:80"),
    "urllib, ftp": (lambda: urllib.request.urlopen(f"ftp://{NAME}/"), f"Looking up {NAME}"),
    "http.client": (lambda: HTTPConnection(NAME).request("GET", "/"), f"Looking up {NAME}:80"),
    "urllib3": (lambda: urllib3.PoolManager().request("GET", f"https://{NAME}"), f"Looking up {NAME}:443"),
    "requests": (lambda: requests.get(f"https://{NAME}"), f"Looking up {NAME}:443"),
    "requests, address": (lambda: requests.get(f"http://{ADDRESS}:8080"), f"Connecting to {ADDRESS}:8080"),
    "requests, retrying": (lambda: retrying_session().get(f"https://{NAME}"), f"Looking up {NAME}:443"),
    "asyncio": (lambda: asyncio.run(stream(NAME)), f"Looking up {NAME}:443"),
    "asyncio, address": (lambda: asyncio.run(stream(ADDRESS)), f"Connecting to {ADDRESS}:443"),
    "create_connection": (lambda: socket.create_connection((NAME, 25)), f"Looking up {NAME}:25"),
    "connect": (lambda: tcp("connect", ADDRESS), f"Connecting to {ADDRESS}:443"),
    "connect, name": (lambda: tcp("connect", NAME), f"Connecting to {NAME}:443"),
    "connect, IPv6": (lambda: tcp("connect", ADDRESS6, socket.AF_INET6), f"Connecting to [{ADDRESS6}]:443"),
    "connect, mapped": (
        lambda: tcp("connect", f"::ffff:{ADDRESS}", socket.AF_INET6),
        f"Connecting to [::ffff:{ADDRESS}]:443",
    ),
    "connect_ex": (lambda: tcp("connect_ex", ADDRESS), f"Connecting to {ADDRESS}:443"),
    "connect_ex, name": (lambda: tcp("connect_ex", NAME), f"Connecting to {NAME}:443"),
    "connect, below": (lambda: native("connect", (ADDRESS, 443)), f"Connecting to {ADDRESS}:443"),
    "connect_ex, below": (lambda: native("connect_ex", (ADDRESS, 443)), f"Connecting to {ADDRESS}:443"),
    "sendto": (lambda: udp(ADDRESS), f"Sending to {ADDRESS}:53"),
    "sendto, name": (lambda: udp(NAME), f"Sending to {NAME}:53"),
    "sendto, IPv6": (lambda: udp(ADDRESS6, socket.AF_INET6), f"Sending to [{ADDRESS6}]:53"),
    "sendto, broadcast": (lambda: udp("<broadcast>"), "Sending to <broadcast>:53"),
    "sendto, below": (lambda: native("sendto", b"x", (ADDRESS, 53)), f"Sending to {ADDRESS}:53"),
    "bind, name": (lambda: bind(NAME), f"Looking up {NAME}"),
    "getaddrinfo": (lambda: socket.getaddrinfo(NAME, 443), f"Looking up {NAME}:443"),
    "getaddrinfo, bytes": (lambda: socket.getaddrinfo(NAME.encode(), None), f"Looking up {NAME}"),
    "gethostbyname": (lambda: socket.gethostbyname(NAME), f"Looking up {NAME}"),
    "gethostbyname_ex": (lambda: socket.gethostbyname_ex(NAME), f"Looking up {NAME}"),
    "gethostbyaddr": (lambda: socket.gethostbyaddr(ADDRESS), f"Looking up {ADDRESS}"),
    "getfqdn": (lambda: socket.getfqdn(NAME), f"Looking up {NAME}"),
    "getnameinfo": (lambda: socket.getnameinfo((ADDRESS, 80), 0), f"Looking up {ADDRESS}"),
}
if hasattr(socket.socket, "sendmsg"):
    WAYS_OUT["sendmsg"] = (lambda: udp(ADDRESS, message=True), f"Sending to {ADDRESS}:53")
    WAYS_OUT["sendmsg, name"] = (lambda: udp(NAME, message=True), f"Sending to {NAME}:53")
    WAYS_OUT["sendmsg, below"] = (
        lambda: native("sendmsg", [b"x"], [], 0, (ADDRESS, 53)),
        f"Sending to {ADDRESS}:53",
    )


@pytest.mark.parametrize("way", WAYS_OUT)
def test_a_way_out_is_refused_with_a_sentence(way: str) -> None:
    go, tried = WAYS_OUT[way]
    with pytest.raises(OutsideTheLab) as refused:
        go()
    assert str(refused.value) == (
        f"{tried} was refused, because nothing leaves this machine in the lab: "
        "call AWS with boto3 while a Cloud is open, and let whatever else you call listen on localhost."
    )


@pytest.mark.parametrize("way", ["urllib", "urllib3", "requests", "connect, name", "getaddrinfo"])
def test_an_open_cloud_lets_nothing_else_out(way: str) -> None:
    with mock_aws(), pytest.raises(OutsideTheLab, match="nothing leaves this machine"):
        WAYS_OUT[way][0]()


HOSTS_OF_AWS = [
    ("https://sqs.us-east-1.amazonaws.com/", "call AWS with boto3 while a Cloud is open."),
    ("https://sqs.us-east-1.api.aws/", "call AWS with boto3 while a Cloud is open."),
    (FUNCTION_URL, "call a function URL with cloud.http, for example cloud.http.get(url)."),
    (
        "https://abc.execute-api.us-east-1.amazonaws.com/prod",
        "call an API of API Gateway with cloud.http, for example cloud.http.get(url).",
    ),
    ("https://api.bank.example/", "let somebody answer there with cloud.third_party, while a Cloud is open."),
]


@pytest.mark.parametrize(("url", "instead"), HOSTS_OF_AWS)
def test_the_sentence_says_what_to_use_instead_of_a_url_of_aws_or_of_a_third_party(url: str, instead: str) -> None:
    with pytest.raises(OutsideTheLab) as refused:
        urllib.request.urlopen(url)
    assert_one_sentence(str(refused.value))
    assert str(refused.value).endswith(instead)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="AF_VSOCK is a family of Linux")
def test_a_family_that_is_neither_internet_nor_local_is_refused() -> None:
    try:
        sock = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    except OSError:
        pytest.skip("this kernel has no AF_VSOCK")
    with sock, pytest.raises(OutsideTheLab, match=r"Connecting to \(2, 80\) was refused"):
        sock.connect((2, 80))


# --- proxies on this machine -----------------------------------------------------------------------------------------


def tunnel(proxy: str) -> None:
    connection = HTTPConnection(proxy)
    connection.set_tunnel(NAME, 443)
    connection.request("GET", "/")


WAYS_THROUGH_A_PROXY: dict[str, Callable[[str], object]] = {
    "requests, http": lambda proxy: requests.get(f"http://{NAME}/", proxies={"http": f"http://{proxy}"}),
    "requests, https": lambda proxy: requests.get(f"https://{NAME}/", proxies={"https": f"http://{proxy}"}),
    "urllib3, http": lambda proxy: urllib3.ProxyManager(f"http://{proxy}").request("GET", f"http://{NAME}/"),
    "urllib3, https": lambda proxy: urllib3.ProxyManager(f"http://{proxy}").request("GET", f"https://{NAME}/"),
    "http.client": tunnel,
}


@pytest.mark.parametrize("way", WAYS_THROUGH_A_PROXY)
def test_a_proxy_on_this_machine_carries_nothing_out(server: LocalServer, way: str) -> None:
    with pytest.raises(OutsideTheLab) as refused:
        WAYS_THROUGH_A_PROXY[way](f"127.0.0.1:{server.port}")
    assert_one_sentence(str(refused.value))
    assert str(refused.value).startswith(f"Asking the proxy at 127.0.0.1:{server.port} for {NAME} was refused")
    assert server.asked == []


def test_urllib_asks_no_proxy_on_this_machine(server: LocalServer) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": f"http://127.0.0.1:{server.port}"}))
    with pytest.raises(OutsideTheLab, match=f"Looking up {NAME}:80 was refused"):
        opener.open(f"http://{NAME}/")
    assert server.asked == []


def test_boto3_sends_nothing_through_a_proxy_on_this_machine(server: LocalServer) -> None:
    config = Config(proxies={"https": f"http://127.0.0.1:{server.port}"})
    with pytest.raises(OutsideTheLab, match="no cloud is open"):
        boto3.client("sqs", config=config).list_queues()
    assert server.asked == []


class EarlierConnection(HTTPConnection):
    """Stands for a connection kept alive since before the guard: its peer is elsewhere, and nothing connects again."""

    class Elsewhere:
        family = socket.AF_INET

        def getpeername(self) -> tuple[str, int]:
            return (ADDRESS, 443)

        def sendall(self, data: bytes) -> None:
            raise AssertionError("sent")

        def close(self) -> None:
            """Nothing to close."""

    def connect(self) -> None:
        self.sock = self.Elsewhere()  # type: ignore[assignment]


def test_a_connection_opened_before_the_guard_carries_nothing_out() -> None:
    with pytest.raises(OutsideTheLab, match=re.escape(f"Sending to {ADDRESS}:443 was refused")):
        EarlierConnection(NAME).request("GET", "/")


# --- what stays open -------------------------------------------------------------------------------------------------


def test_a_call_inside_a_cloud_is_answered() -> None:
    with mock_aws():
        sqs = boto3.client("sqs")
        url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="one")
        assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "one"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.8.8.8" if sys.platform == "linux" else "127.0.0.1"])
@pytest.mark.parametrize("library", ["urllib", "requests", "urllib3", "boto3"])
def test_a_server_on_this_machine_can_be_reached(server: LocalServer, library: str, host: str) -> None:
    # The server listens on 127.0.0.1 only; the rest of 127.0.0.0/8 is let through to find nobody there.
    url = f"http://{host}:{server.port}"
    ask: dict[str, Callable[[], Any]] = {
        "urllib": lambda: json.load(urllib.request.urlopen(url)),
        "requests": lambda: requests.get(url).json(),
        "urllib3": lambda: urllib3.request("GET", url, retries=False).json(),
        "boto3": lambda: boto3.client(
            "sqs", endpoint_url=url, config=Config(retries={"total_max_attempts": 1})
        ).list_queues(),
    }
    if host == "127.8.8.8":
        with pytest.raises(Exception, match=r"(?i)refused|connect") as failed:
            ask[library]()
        assert not isinstance(failed.value, OutsideTheLab)
    else:
        assert ask[library]()["QueueUrls"] == ["here"]
        assert len(server.asked) == 1


LOOKUPS_THAT_STAY_HERE: list[Callable[[], object]] = [
    lambda: socket.getaddrinfo("localhost", 80),
    lambda: socket.getaddrinfo("LOCALHOST", 80),
    lambda: socket.getaddrinfo(b"localhost", 80),
    lambda: socket.getaddrinfo(None, 0),
    lambda: socket.getaddrinfo("127.0.0.1", 80),
    lambda: socket.getaddrinfo(ADDRESS, 80),  # digits need no DNS
    lambda: socket.gethostbyname("localhost"),
    lambda: socket.gethostbyname(""),
    lambda: socket.getnameinfo(("127.0.0.1", 80), socket.NI_NUMERICHOST),
    lambda: socket.getfqdn(),
]


@pytest.mark.parametrize("look_up", LOOKUPS_THAT_STAY_HERE)
def test_a_lookup_that_needs_no_dns_is_allowed(look_up: Callable[[], object]) -> None:
    assert look_up()


def test_this_machines_own_name_may_be_looked_up() -> None:
    try:
        socket.gethostbyname(socket.gethostname())
    except OSError:
        pytest.skip("this machine does not know its own name")


@pytest.mark.parametrize(
    ("family", "host"),
    [
        (socket.AF_INET, "127.0.0.1"),
        (socket.AF_INET, "localhost"),
        (socket.AF_INET, ""),
        (socket.AF_INET, "0.0.0.0"),
        (socket.AF_INET6, "::1"),
        (socket.AF_INET6, "::"),
        (socket.AF_INET6, "::ffff:127.0.0.1"),
    ],
)
@pytest.mark.parametrize("method", ["connect", "connect_ex", "sendto"])
def test_a_socket_may_reach_this_machine(method: str, family: int, host: str) -> None:
    if sys.platform == "win32" and host in ("", "0.0.0.0", "::"):
        pytest.skip("Windows connects to no unspecified address")
    try:
        listener = socket.socket(family, socket.SOCK_DGRAM)
        listener.bind((host, 0))
    except OSError:
        pytest.skip(f"{host} is not available on this machine")
    with listener, socket.socket(family, socket.SOCK_DGRAM) as sock:
        address = (host, listener.getsockname()[1])
        if method == "sendto":
            sock.sendto(b"x", address)
        else:
            assert not getattr(sock, method)(address)
            sock.send(b"x")
        listener.settimeout(5)
        assert listener.recv(1) == b"x"


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no AF_UNIX")
def test_sockets_without_a_network_are_untouched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a Unix socket must be short
    for name in ["here", "\0below-the-waterline"] if sys.platform == "linux" else ["here"]:
        with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as sock:
            listener.bind(name)
            listener.listen()
            sock.connect(name)
            sock.sendmsg([b"x"])
    one, other = socket.socketpair()
    with one, other:
        one.sendmsg([b"x"])
        assert other.recv(1) == b"x"


def test_a_malformed_address_is_left_for_python_to_explain() -> None:
    with socket.socket() as sock:
        for address in ("localhost", ("localhost",), 80):
            with pytest.raises(TypeError):
                sock.connect(address)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            sock.connect()  # type: ignore[call-arg]


# --- the guard itself ------------------------------------------------------------------------------------------------


def test_installing_twice_changes_nothing() -> None:
    with mock_aws():
        boto3.client("sqs")
    session = boto3.DEFAULT_SESSION
    os.environ["AWS_RETRY_MODE"] = "adaptive"  # set by the learner, later
    methods = ("bind", "connect", "connect_ex", "sendto", "sendmsg")

    def state() -> list[object]:
        return [URLLib3Session.send, dict(os.environ), *(getattr(socket.socket, name, None) for name in methods)]

    try:
        before = state()
        guard.install()
        assert state() == before
        assert boto3.DEFAULT_SESSION is session
    finally:
        del os.environ["AWS_RETRY_MODE"]


def run(script: str, **environment: str) -> Any:
    """Run a script in a process of its own, with the guard not yet there, and return what it prints, as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=ROOT,
        env={**{k: v for k, v in os.environ.items() if k not in guard.ENVIRONMENT}, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return json.loads(done.stdout)


WHO = ("early client", "early session", "early resource", "new client")


def test_early_clients_and_sessions_are_refused_before_anything_is_looked_up() -> None:
    said, looked_up = run(
        """
        import json, sys
        looked_up = []
        sys.addaudithook(lambda event, args: event in ("socket.connect", "socket.getaddrinfo", "socket.sendto")
                         and looked_up.append([event, str(args)]))
        import boto3
        early_client, early_session = boto3.client("sqs"), boto3.Session()
        bare_session = boto3.Session()
        bare_session.get_credentials()

        from waterline import guard
        guard.install()
        from moto import mock_aws

        said = {}
        def note(name, call):
            try:
                said[name] = [True, call()]
            except guard.OutsideTheLab as refused:
                said[name] = [False, str(refused)]

        def calls(when):
            note(f"early client, {when}", lambda: early_client.list_queues()["ResponseMetadata"]["HTTPStatusCode"])
            note(f"early session, {when}", lambda: early_session.client("sqs").list_queues())
            note(f"early resource, {when}", lambda: list(early_session.resource("sqs").queues.all()))
            note(f"new client, {when}", lambda: boto3.client("sqs").list_queues()["ResponseMetadata"]["HTTPStatusCode"])
        calls("before")
        with mock_aws():
            calls("during")
        calls("after")
        print(json.dumps([said, looked_up]))
        """,
        AWS_ACCESS_KEY_ID="AKIAREAL",
        AWS_SECRET_ACCESS_KEY="real",
        AWS_DEFAULT_REGION="us-east-1",
    )
    early = (
        "sqs:ListQueues to sqs.us-east-1.amazonaws.com was refused, because its client or its session was made before "
        "waterline was imported: make the session and the client again, now."
    )
    closed = (
        "sqs:ListQueues to sqs.us-east-1.amazonaws.com was refused, because no cloud is open: "
        "open one with Cloud(...) or Cloud.start(...), and make the call again."
    )
    expected = {f"{who}, {when}": [False, closed] for when in ("before", "after") for who in WHO}
    expected |= {f"{who}, during": [False, early] for who in WHO} | {"new client, during": [True, 200]}
    assert said == expected
    assert looked_up == []


def test_an_early_session_that_asks_for_instance_metadata_is_refused_with_a_sentence() -> None:
    said = run(
        """
        import json, boto3
        early = boto3.Session()
        early._session.get_component("credential_provider")  # made now, with instance metadata in it
        from waterline import guard
        guard.install()
        import os
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            del os.environ[name]  # as if the environment provider had nothing to say
        try:
            early.get_credentials()
        except guard.OutsideTheLab as refused:
            print(json.dumps(str(refused)))
        """,
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    )
    assert_one_sentence(said)
    assert said.startswith("PUT /latest/api/token to 169.254.169.254 was refused, because there is no instance")


def test_the_default_session_of_before_is_made_again() -> None:
    assert run(
        """
        import json, boto3
        boto3.setup_default_session(aws_access_key_id="AKIAREAL", aws_secret_access_key="real")
        from waterline import guard
        guard.install()
        import moto
        with moto.mock_aws():
            boto3.client("sqs").list_queues()
        print(json.dumps([boto3.DEFAULT_SESSION, boto3.Session().get_credentials().access_key]))
        """
    ) == [None, "testing"]


def test_the_learners_own_settings_are_dropped(tmp_path: Path) -> None:
    profile = tmp_path / "config"
    profile.write_text("[default]\naws_access_key_id = AKIAREAL\naws_secret_access_key = real\nregion = eu-west-1\n")
    left, credentials, region, endpoint, proxies = run(
        """
        import json, os, boto3, urllib.request
        from waterline import guard
        guard.install()
        sqs = boto3.client("sqs")
        keys = boto3.Session().get_credentials().get_frozen_credentials()
        left = {k: v for k, v in os.environ.items() if k.upper().startswith("AWS_") or k.upper().endswith("_PROXY")}
        proxies = {k: v for k, v in urllib.request.getproxies().items() if k != "no"}
        print(json.dumps([left, keys, sqs.meta.region_name, sqs.meta.endpoint_url, proxies]))
        """,
        AWS_ACCESS_KEY_ID="AKIAREAL",
        AWS_SECRET_ACCESS_KEY="real",
        AWS_SESSION_TOKEN="real",
        AWS_PROFILE="production",
        AWS_DEFAULT_PROFILE="production",
        AWS_ROLE_ARN="arn:aws:iam::123456789012:role/admin",
        AWS_WEB_IDENTITY_TOKEN_FILE="/token",
        AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/role",
        AWS_CONTAINER_CREDENTIALS_FULL_URI="http://169.254.170.23/role",
        AWS_CONTAINER_AUTHORIZATION_TOKEN="real",
        AWS_DEFAULT_REGION="eu-west-1",
        AWS_ENDPOINT_URL="https://orders.invalid",
        AWS_ENDPOINT_URL_SQS="https://orders.invalid",
        AWS_USE_DUALSTACK_ENDPOINT="true",
        AWS_CONFIG_FILE=str(profile),
        AWS_SHARED_CREDENTIALS_FILE=str(profile),
        HTTP_PROXY="http://127.0.0.1:3128",
        https_proxy="http://127.0.0.1:3128",
        ALL_PROXY="http://127.0.0.1:3128",
        NO_PROXY="example.com",
    )
    assert left == dict(guard.ENVIRONMENT)
    assert credentials == ["testing", "testing", "testing", None]
    assert (region, endpoint) == ("us-east-1", "https://sqs.us-east-1.amazonaws.com")
    assert proxies == {}


def test_an_opener_that_knows_a_proxy_of_before_carries_nothing_out(server: LocalServer) -> None:
    said = run(
        f"""
        import json, urllib.request
        urllib.request.urlopen("data:,")  # urllib keeps the proxies it finds now
        from waterline import guard
        guard.install()
        try:
            urllib.request.urlopen("http://{NAME}/")
        except guard.OutsideTheLab as refused:
            print(json.dumps(str(refused)))
        """,
        http_proxy=f"http://127.0.0.1:{server.port}",
        no_proxy="",
    )
    assert said.startswith(f"Looking up {NAME}:80 was refused")
    assert server.asked == []


def test_the_guard_holds_and_stays_quiet_while_the_interpreter_ends() -> None:
    said = run(
        f"""
        import json, os, socket
        from waterline import guard
        guard.install()

        class Last:
            def __del__(self, connect=socket.socket().connect, dumps=json.dumps, open=open, null=os.devnull):
                open(null).close()  # an event that is none of the guard's business
                try:
                    connect(("{ADDRESS}", 80))
                except Exception as refused:
                    print(dumps(str(refused)))

        last = Last()  # goes when modules are taken down: the built-in open, for one, is gone by then
        """
    )
    assert said.startswith(f"Connecting to {ADDRESS}:80 was refused")
