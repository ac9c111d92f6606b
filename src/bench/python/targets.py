"""What is measured: each target as the command line that starts it in front of the sink."""

import functools
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import processes

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent
GATEWAY = ROOT / "smtpproxy-examples/target/smtpproxy-gateway.jar"
CLASSES = HERE / "target/classes"
MAIL = HERE / "target/mail"
HARAKA = Path(os.environ.get("SMTPPROXY_PEERS", "/opt/smtpproxy-peers")) / "haraka/node_modules/Haraka"
NGINX_MAIL = Path("/usr/lib/nginx/modules/ngx_mail_module.so")
CORES = len(os.sched_getaffinity(0))

# The same for every JVM. Few cores and a small heap are what the serial collector is for; a heap that begins small does
# not count as memory of the idle sessions what it only has room for.
JVM = ["-Xms64m", "-Xmx1g", "-XX:+UseSerialGC"]


@dataclass(frozen=True)
class Target:
    name: str
    title: str
    command: Callable  # (folder, port, sink's port) -> arguments
    missing: Callable = lambda: None  # why it cannot be measured here, or nothing
    compiled: bool = False  # ahead of time, not from what it has seen to be used
    holds: bool = False  # has a tarpit, and is for that scenario only
    light: bool = False  # what a session needs is in the heap, since its thread is a virtual one
    adds: bool = False  # puts a field before each message


class Running:
    """A started target."""

    host = processes.HOST
    within = []  # what runs the load

    def __init__(self, target, folder, sink_port):
        self.target = target
        self.process = None
        self.port = sink_port
        if target.name == "direct":
            return
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / "log"
        self.port = processes.free_port()
        argv = [str(a) for a in target.command(folder, self.port, sink_port)]
        self.process = processes.start(argv, log, cwd=folder)
        try:
            processes.await_greeting(self.process, self.port, log)
        except BaseException:
            self.stop()
            raise

    def pids(self):
        return processes.tree(self.process.pid) if self.process else []

    def check(self):
        """Fails where it has ended."""
        if self.process and self.process.poll() is not None:
            raise processes.BenchError(f"{self.target.name} ended with {self.process.returncode}")

    def stop(self):
        if self.process:
            processes.stop(self.process)


def jdk(version):
    """The home of that JDK: JAVA17_HOME and the like, JAVA_HOME, or what is installed; nothing if there is none."""
    named = os.environ.get(f"JAVA{version}_HOME")
    candidates = [named] if named else [os.environ.get("JAVA_HOME", ""), *sorted(Path("/usr/lib/jvm").glob("*"))]
    for home in map(Path, candidates):
        release = home / "release"
        if (home / "bin/java").exists() and release.exists():
            if re.search(rf'^JAVA_VERSION="{version}[."]', release.read_text(), re.M):
                return home
    return None


def java(version, *arguments):
    return [jdk(version) / "bin/java", *JVM, *arguments]


def gateway(version, transport, *options, most="10000"):
    def command(folder, port, sink):
        chosen = ["--transport", transport] if knows_transports() else []
        return java(version, "-jar", GATEWAY, "--listen", f"{processes.HOST}:{port}",
                    "--to", f"{processes.HOST}:{sink}", "--received", "off", "--max-connections", most, *chosen, *options)
    return command


def signing(version, transport):
    """A gateway that signs what the load sends."""
    def command(folder, port, sink):
        key = folder / "dkim.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key],
                       capture_output=True, check=True)
        return gateway(version, transport, "--dkim", f"client.example:bench:{key}")(folder, port, sink)
    return command


def own_program(version, name, *flags):
    def command(folder, port, sink):
        return java(version, *flags, "-cp", f"{GATEWAY}:{CLASSES}:{MAIL}/*", name, port, sink)
    return command


def knows_transports():
    """Whether this gateway lets one choose what carries its sessions."""
    return knows("--transport")


@functools.cache
def knows(option):
    """Whether this gateway's usage names it."""
    home = jdk(25) or jdk(17)
    usage = subprocess.run([home / "bin/java", "-jar", GATEWAY, "--help"], capture_output=True, text=True, check=True)
    return option in usage.stdout


def nginx(folder, port, sink):
    auth = processes.free_port()
    (folder / "nginx.conf").write_text(f"""
load_module {NGINX_MAIL};
{"user root root;" if os.geteuid() == 0 else ""}
daemon off;
worker_processes {CORES};
worker_rlimit_nofile 20000;
pid nginx.pid;
error_log stderr warn;
events {{ worker_connections 19000; }}
http {{
    access_log off;
    client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;
    # nginx asks over HTTP where each session goes, and here it answers itself.
    server {{
        listen {processes.HOST}:{auth} backlog=8192;
        location / {{
            add_header Auth-Status OK;
            add_header Auth-Server {processes.HOST};
            add_header Auth-Port {sink};
            return 204;
        }}
    }}
}}
mail {{
    server_name nginx.example;
    auth_http {processes.HOST}:{auth}/;
    xclient off;
    smtp_auth none;
    smtp_capabilities PIPELINING 8BITMIME ENHANCEDSTATUSCODES "SIZE 100000000";
    server {{
        listen {processes.HOST}:{port} backlog=8192;
        protocol smtp;
        proxy on;
    }}
}}
""")
    return ["nginx", "-p", folder, "-e", "stderr", "-c", folder / "nginx.conf"]


def haproxy(folder, port, sink):
    (folder / "haproxy.cfg").write_text(f"""
global
    nbthread {CORES}
    maxconn 9000
defaults
    mode tcp
    timeout connect 10s
    timeout client 10m
    timeout server 10m
listen smtp
    bind {processes.HOST}:{port} backlog 8192
    server sink {processes.HOST}:{sink}
""")
    return ["haproxy", "-db", "-f", folder / "haproxy.cfg"]


def haraka(folder, port, sink):
    connection = (HARAKA / "config/connection.ini").read_text()
    for name in ["config", "plugins"]:
        (folder / name).mkdir(exist_ok=True)
    # No name server is asked who 127.0.0.1 is.
    (folder / "plugins/no_rdns.js").write_text("exports.hook_lookup_rdns = (next) => next(OK, 'localhost')\n")
    for name, text in {
        "smtp.ini": f"listen={processes.HOST}:{port}\nnodes={CORES}\n",
        "connection.ini": connection.replace("[headers]", "[headers]\nadd_received=false"),
        "smtp_proxy.ini": f"host={processes.HOST}\nport={sink}\nenable_outbound=false\n",
        "plugins": "no_rdns\nrcpt_to.in_host_list\nqueue/smtp_proxy\n",
        "host_list": "sink.example\n",
        "log.ini": "level=warn\n",
        "me": "haraka.example\n",
    }.items():
        (folder / "config" / name).write_text(text)
    return ["node", HARAKA / "bin/haraka", "-c", folder]


def lacks_jdk(version):
    return None if jdk(version) else f"there is no JDK {version}: set JAVA{version}_HOME"


def lacks_loops():
    return lacks_jdk(25) or (None if knows_transports() else "this gateway knows no --transport yet")


def lacks_pool():
    return lacks_loops() or (None if knows("multiplexing") else "this gateway has no pool yet")


def lacks_tarpit(version):
    return lacks_jdk(version) or (None if knows("--tarpit") else "this gateway has no tarpit yet")


def lacks_signing():
    return lacks_jdk(25) or (None if knows("--dkim") else "this gateway does not sign yet")


def lacks_haraka():
    if not HARAKA.exists():
        return f"{HARAKA} is missing"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return None if int(version.lstrip("v").split(".")[0]) >= 20 else f"it needs Node 20, and here is {version}"


OPENED = ("--add-opens=java.base/java.lang=ALL-UNNAMED", "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
          "--enable-native-access=ALL-UNNAMED")  # event loops need it
# As many connections as the load has sessions: what is measured is what sharing them saves.
POOLED = 20
POOL = ("--mode", "multiplexing", "--pool", str(POOLED))
TARPIT = (*POOL, "--tarpit", "60s")
PLAIN, LOOPS = "-Dsmtpproxy.transport=plain", "-Dsmtpproxy.transport=event-loops"

TARGETS = {t.name: t for t in [
    Target("direct", "no proxy", None, compiled=True),
    Target("nginx", "nginx mail", nginx, lambda: None if NGINX_MAIL.exists() else f"{NGINX_MAIL} is missing",
           compiled=True),
    Target("haproxy", "HAProxy tcp", haproxy,
           lambda: None if shutil.which("haproxy") else "haproxy is missing", compiled=True),
    Target("haraka", "Haraka smtp_proxy", haraka, lacks_haraka),
    Target("handler", "SubEtha handler", own_program(25, "PlainHandler"), lambda: lacks_jdk(25)),
    Target("plain17", "smtpproxy plain, JDK 17", gateway(17, "plain"), lambda: lacks_jdk(17)),
    Target("plain", "smtpproxy plain", gateway(25, "plain"), lambda: lacks_jdk(25)),
    Target("loops", "smtpproxy event loops", gateway(25, "event-loops"), lacks_loops),
    Target("loops-pool", "smtpproxy event loops, pool", gateway(25, "event-loops", *POOL), lacks_pool),
    Target("plain-dkim", "smtpproxy plain, DKIM with RSA-2048", signing(25, "plain"), lacks_signing,
           adds=True),
    # As much cryptography, and nothing else: what plain-dkim is slower is what DKIM itself costs.
    Target("plain-rsa", "smtpproxy plain, an RSA-2048 signature alone", own_program(25, "SignatureAlone", PLAIN),
           lambda: lacks_jdk(25)),
    Target("plain-filter", "smtpproxy plain, filter", own_program(25, "EnvelopeFilter", PLAIN), lambda: lacks_jdk(25)),
    Target("loops-filter", "smtpproxy event loops, filter", own_program(25, "EnvelopeFilter", *OPENED, LOOPS),
           lacks_loops),
    *(Target(f"{name}-tarpit", f"smtpproxy {title}, tarpit", gateway(jdk_version, transport, *TARPIT, most="12000"),
             functools.partial(lacks_tarpit, jdk_version), holds=True, light=jdk_version > 17)
      for name, title, jdk_version, transport in [("plain17", "plain, JDK 17", 17, "plain"), ("plain", "plain", 25, "plain"),
                                                  ("loops", "event loops", 25, "event-loops")]),
]}
