"""docker-compose.yml: what its tools accept, and what they would accept though it is wrong."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.cli import COMMANDS
from streams.cli.notify import notify
from streams.notify.standing import labels_of
from streams.settings import VARIABLES
from tests.unit.notify.alerts import seen

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
PINNED = re.compile(r"[a-z0-9./-]+:(?!latest)[\w][\w.-]*(@sha256:[0-9a-f]{64})?")

SECRETS = {"GRAFANA_ADMIN_PASSWORD": "a-password", "CRMPULSE_DASHBOARD_SECRET": "a-secret-of-32-bytes-or-more-----"}

Compose = dict[str, Any]
Tool = Callable[..., subprocess.CompletedProcess[str]]


def one_shot(service: Compose) -> bool:
    return service.get("restart") == "no"


def mounts(service: Compose) -> list[list[str]]:
    """[source, target, ro?] of each volume, interpolations replaced by their defaults."""
    return [re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", volume).split(":") for volume in service.get("volumes", ())]


def test_no_header_that_one_of_the_two_composes_complains_of(compose: Compose) -> None:
    assert not {"version", "name"} & compose.keys()
    ours = {"topics", "worker", "notify", "dashboard"}
    assert set(compose["services"]) == ours | {"kafka", "prometheus", "alertmanager", "grafana"}


def test_every_image_is_pinned(compose: Compose) -> None:
    images = {name: service["image"] for name, service in compose["services"].items()}
    assert not {name: image for name, image in images.items() if not PINNED.fullmatch(image)}


def test_the_broker_is_the_one_that_the_tests_run_against(compose: Compose) -> None:
    pom = (ROOT / "tests/kafka/pom.xml").read_text(encoding="utf-8")
    tested = re.search(r"<artifactId>kafka_[\d.]+</artifactId>\s*<version>([\d.]+)</version>", pom)
    assert tested
    assert compose["services"]["kafka"]["image"] == f"apache/kafka:{tested[1]}"


def test_whatever_keeps_running_has_a_health_check(compose: Compose) -> None:
    running = {name: service for name, service in compose["services"].items() if not one_shot(service)}
    assert not {name for name, service in running.items() if not service.get("healthcheck", {}).get("test")}
    assert not {name for name, service in running.items() if service.get("restart") != "unless-stopped"}
    assert set(compose["services"]) - set(running) == {"topics"}


def test_named_volumes_are_declared_and_used_and_files_are_there_and_read_only(compose: Compose) -> None:
    all_mounts = [mount for service in compose["services"].values() for mount in mounts(service)]
    named = {source for source, *_ in all_mounts if not source.startswith((".", "/"))}
    assert named == set(compose["volumes"]) == {"kafka-data", "prometheus-data", "alertmanager-data", "grafana-data"}
    for source, *rest in all_mounts:
        if source.startswith("."):
            assert (ROOT / source).exists(), source
            assert rest[-1] == "ro", source


def test_ports_are_published_on_the_loopback_alone(compose: Compose) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", ())]
    assert len(ports) == 6
    assert not [port for port in ports if not port.startswith("127.0.0.1:")]


def test_things_start_in_order(compose: Compose) -> None:
    services = compose["services"]
    waits = {
        (name, on): how["condition"] for name, its in services.items() for on, how in its.get("depends_on", {}).items()
    }
    assert waits == {
        ("topics", "kafka"): "service_healthy",
        ("worker", "kafka"): "service_healthy",
        ("worker", "topics"): "service_completed_successfully",
        ("notify", "kafka"): "service_healthy",
        ("notify", "topics"): "service_completed_successfully",
        ("dashboard", "kafka"): "service_healthy",
        ("dashboard", "topics"): "service_completed_successfully",
        ("grafana", "prometheus"): "service_healthy",
    }


@pytest.mark.parametrize("service", ["worker", "notify", "dashboard"])
def test_what_is_ours_is_confined(compose: Compose, dockerfile: list[tuple[str, str]], service: str) -> None:
    worker = compose["services"][service]
    assert worker["read_only"]
    assert worker["cap_drop"] == ["ALL"]
    assert "user" not in worker
    workdir = [rest for instruction, rest in dockerfile if instruction == "WORKDIR"][-1]
    assert workdir in worker["tmpfs"], "Faust could not make its folder"


def test_variables_are_ones_that_the_program_reads(compose: Compose, dockerfile: list[tuple[str, str]]) -> None:
    known = {variable.name for variable in VARIABLES} | {
        str(option.envvar) for option in notify.params if option.envvar
    }
    given = {name for service in compose["services"].values() for name in service.get("environment", ())}
    given |= set(re.findall(r"\b(\w+)=", " ".join(rest for instruction, rest in dockerfile if instruction == "ENV")))
    ours = {name for name in given if name.startswith("CRMPULSE_")}
    assert ours
    if "dashboard" not in COMMANDS:
        ours = {name for name in ours if not name.startswith("CRMPULSE_DASHBOARD_")}
    assert ours <= known


def test_two_workers_share_the_work_and_one_alone_does_the_rest(compose: Compose) -> None:
    assert {name: service.get("scale", 1) for name, service in compose["services"].items() if "scale" in service} == {
        "worker": 2
    }
    assert all(port.startswith("127.0.0.1::") for port in compose["services"]["worker"]["ports"])


def test_the_dashboard_demands_tokens_and_answers_where_it_is_asked(compose: Compose) -> None:
    service = compose["services"]["dashboard"]
    given = service["environment"]
    assert given["CRMPULSE_DASHBOARD_HOST"] == "0.0.0.0"
    assert given["CRMPULSE_DASHBOARD_SECRET"].startswith("${CRMPULSE_DASHBOARD_SECRET:?")
    port = str(given["CRMPULSE_DASHBOARD_PORT"])
    assert service["healthcheck"]["test"][-1] == port
    assert service["ports"] == [f"127.0.0.1:${{DASHBOARD_PORT:-8080}}:{port}"]
    config = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text(encoding="utf-8"))
    (job,) = (job for job in config["scrape_configs"] if job["job_name"] == "crmpulse-dashboard")
    assert job["static_configs"] == [{"targets": [f"dashboard:{port}"]}]


def test_prometheus_asks_the_worker_where_it_answers(compose: Compose) -> None:
    job = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"][0]
    sd = job["dns_sd_configs"][0]
    environment = compose["services"]["worker"]["environment"]
    assert (job["job_name"], sd["names"], sd["port"]) == ("crmpulse", ["worker"], environment["CRMPULSE_WEB_PORT"])
    assert environment["CRMPULSE_WEB_HOST"] == "0.0.0.0"
    assert compose["services"]["worker"]["healthcheck"]["test"][-1] == str(sd["port"])


def test_prometheus_and_notify_know_each_other_and_alertmanager(compose: Compose) -> None:
    config = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text(encoding="utf-8"))
    (job,) = (job for job in config["scrape_configs"] if job["job_name"] == "crmpulse-notify")
    service = compose["services"]["notify"]
    port = service["environment"]["CRMPULSE_NOTIFY_PORT"]
    assert job["static_configs"] == [{"targets": [f"notify:{port}"]}]
    assert service["healthcheck"]["test"][-1] == str(port)
    assert compose["services"]["worker"]["environment"].items() <= service["environment"].items()
    (address,) = config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    assert service["environment"]["CRMPULSE_NOTIFY_ALERTMANAGER"] == f"http://{address}"
    assert compose["services"]["alertmanager"]["ports"][0].endswith(address.removeprefix("alertmanager"))


def test_amtool_reads_the_configuration(tool: Tool) -> None:
    done = tool("amtool", "check-config", str(DEPLOY / "alertmanager/alertmanager.yml"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_alertmanager_goes_by_labels_that_our_alerts_have() -> None:
    config = yaml.safe_load((DEPLOY / "alertmanager/alertmanager.yml").read_text(encoding="utf-8"))
    record = seen(level=1, opportunity_id="opp-1").record
    assert record is not None
    labels = dict(labels_of("a1", record))
    named = set(config["route"]["group_by"])
    for rule in config["inhibit_rules"]:
        matchers = rule["source_matchers"] + rule["target_matchers"]
        named |= {re.split(r"\W", matcher)[0] for matcher in matchers} | set(rule["equal"])
    assert named <= labels.keys()
    text = (DEPLOY / "alertmanager/alertmanager.yml").read_text(encoding="utf-8").split("\n\n")[0]
    assert labels.keys() <= set(re.findall(r"\w+", text))


@pytest.mark.parametrize("service", ["topics", "worker", "notify", "dashboard"])
def test_commands_are_ones_that_the_program_knows(compose: Compose, service: str) -> None:
    if service not in COMMANDS:
        pytest.skip(f"this tree has no `crmpulse {service}`")
    command = [sys.executable, "-m", "streams", *compose["services"][service]["command"], "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_example_policy_is_complete_and_right() -> None:
    path = DEPLOY / "policy.example.yaml"
    command = [sys.executable, "-m", "streams", "policy", "check", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    given = yaml.safe_load(path.read_text(encoding="utf-8"))
    keys = "timezone calendar currency pipeline contact customers max_future dedup_keep alerts notices scorecards "
    keys += "targets assessments ratings distribution recommendations"
    assert given.keys() == set(keys.split())


def test_docker_compose_reads_it(tool: Tool) -> None:
    done = tool("docker-compose", "config", env={**os.environ, **SECRETS})
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    seen = yaml.safe_load(done.stdout)["services"]
    assert seen["worker"]["depends_on"]["topics"] == {"condition": "service_completed_successfully"}
    assert seen["grafana"]["environment"]["GF_SECURITY_ADMIN_PASSWORD"] == "a-password"


@pytest.mark.parametrize("missing", SECRETS)
def test_no_password_no_start(tool: Tool, tmp_path: Path, missing: str) -> None:
    env = {name: value for name, value in {**os.environ, **SECRETS}.items() if name != missing}
    nothing = tmp_path / "nothing.env"
    nothing.touch()
    done = tool("docker-compose", "--env-file", str(nothing), "config", "--quiet", env=env)
    assert done.returncode != 0
    assert "set it in the environment" in done.stderr
