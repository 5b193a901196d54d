"""deploy/kubernetes: valid to Kubernetes' own schemas, and what it promises beyond them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from streams.cli import COMMANDS
from streams.cli.notify import notify
from streams.core.kpis import NAMES
from streams.policy import load
from streams.settings import VARIABLES, Settings
from streams.topics import INBOX, Topics
from streams.topics.acls import Role

KUBERNETES = Path(__file__).parents[3] / "deploy/kubernetes"
VERSIONS = ("1.29", "1.37")
"""The oldest that is looked at, and the newest that the schemas are there for."""
OURS = ("topics", "worker", "notify", "dashboard")
USER = 10001

Manifest = dict[str, Any]


def read(path: Path) -> list[Manifest]:
    return [one for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if one is not None]


def applied() -> list[Manifest]:
    """What `kubectl apply -k` applies."""
    (kustomization,) = read(KUBERNETES / "kustomization.yaml")
    return [one for name in kustomization["resources"] for one in read(KUBERNETES / name)]


def find(kind: str, name: str) -> Manifest:
    (found,) = (one for one in applied() if (one["kind"], one["metadata"]["name"]) == (kind, name))
    return found


def pods() -> Iterator[tuple[str, Manifest]]:
    """Name and template of everything that runs."""
    for one in applied():
        if "template" in one.get("spec", {}):
            yield one["metadata"]["name"], one["spec"]["template"]


def pod(name: str) -> Manifest:
    return dict(pods())[name]


def container(name: str) -> Manifest:
    (found,) = pod(name)["spec"]["containers"]
    return dict(found)


def environment(name: str) -> dict[str, str]:
    """What the container's process sees, secrets as in the example."""
    seen: dict[str, str] = {}
    secrets = {one["metadata"]["name"]: one for one in read(KUBERNETES / "secrets.example.yaml")}
    for source in container(name)["envFrom"]:
        if "configMapRef" in source:
            seen |= find("ConfigMap", source["configMapRef"]["name"])["data"]
        else:
            seen |= secrets[source["secretRef"]["name"]]["stringData"]
    return seen | {variable["name"]: variable["value"] for variable in container(name).get("env", ())}


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_takes_every_manifest(version: str) -> None:
    for one in [*applied(), *read(KUBERNETES / "secrets.example.yaml")]:
        kubernetes_validate.validate(one, version, strict=True)


def test_a_misspelt_field_would_be_found() -> None:
    worker = find("Deployment", "worker")
    worker["spec"]["template"]["spec"]["terminationGracePeriod"] = 30
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(worker, VERSIONS[-1], strict=True)


def test_every_file_is_applied_or_said_not_to_be() -> None:
    (kustomization,) = read(KUBERNETES / "kustomization.yaml")
    files = {path.name for path in KUBERNETES.glob("*.yaml")}
    assert files - set(kustomization["resources"]) == {"kustomization.yaml", "secrets.example.yaml"}
    assert {name for name, _ in pods()} == set(OURS)
    assert {one["metadata"].get("namespace", "crm-pulse") for one in applied()} == {kustomization["namespace"]}
    assert {image["name"] for image in kustomization["images"]} == {container(name)["image"] for name in OURS}


@pytest.mark.parametrize("name", OURS)
def test_whatever_runs_is_confined(name: str) -> None:
    spec, its = pod(name)["spec"], container(name)
    assert "initContainers" not in spec
    assert spec["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
    assert (spec["securityContext"]["runAsNonRoot"], spec["securityContext"]["runAsUser"]) == (True, USER)
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert its["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert its["resources"]["requests"].keys() == {"cpu", "memory"}
    assert "memory" in its["resources"]["limits"]
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    assert {mount["name"] for mount in its["volumeMounts"]} == volumes.keys()
    for mount in its["volumeMounts"]:
        assert mount.get("readOnly") or "emptyDir" in volumes[mount["name"]], mount
    assert not [volume for volume in volumes.values() if "hostPath" in volume]
    assert "/tmp" in {mount["mountPath"] for mount in its["volumeMounts"]}, "Faust could not make its folder"


def test_the_user_is_the_image_s(dockerfile: list[tuple[str, str]]) -> None:
    assert ("USER", f"{USER}:{USER}") in dockerfile


@pytest.mark.parametrize("name", ["worker", "notify", "dashboard"])
def test_whatever_keeps_running_is_asked_how_it_is(name: str) -> None:
    its = container(name)
    (port,) = its["ports"]
    for probe, path in (("startupProbe", "/healthz"), ("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
        assert its[probe]["httpGet"] == {"path": path, "port": port["name"]}
    given = environment(name)
    own = {"worker": "CRMPULSE_WEB_PORT", "notify": "CRMPULSE_NOTIFY_PORT", "dashboard": "CRMPULSE_DASHBOARD_PORT"}
    host = "CRMPULSE_DASHBOARD_HOST" if name == "dashboard" else "CRMPULSE_WEB_HOST"
    assert (given[own[name]], given[host]) == (str(port["containerPort"]), "0.0.0.0")
    assert pod(name)["metadata"]["annotations"]["prometheus.io/port"] == str(port["containerPort"])


@pytest.mark.parametrize("name", OURS)
def test_the_program_takes_its_command_and_its_variables(name: str) -> None:
    if name not in COMMANDS:
        pytest.skip(f"this tree has no `crmpulse {name}`")
    assert container(name)["args"] == [name]
    options = {str(option.envvar) for option in notify.params if option.envvar}
    given = environment(name)
    assert given.keys() <= {variable.name for variable in VARIABLES} | options
    Settings.from_env(given | {"CRMPULSE_CA_FILE": "", "CRMPULSE_SECURITY_PROTOCOL": "SASL_PLAINTEXT"})


@pytest.mark.parametrize(
    ("name", "role"), [("topics", Role.SETUP), *((role.value, role) for role in Role if role in OURS)]
)
def test_each_is_the_user_of_its_role(name: str, role: Role) -> None:
    given = environment(name)
    assert given["CRMPULSE_SASL_USERNAME"] == f"crmpulse-{role}"
    assert (given["CRMPULSE_SECURITY_PROTOCOL"], given["CRMPULSE_SASL_MECHANISM"]) == ("SASL_SSL", "SCRAM-SHA-512")
    mounted = {mount["mountPath"]: mount["name"] for mount in container(name)["volumeMounts"]}
    assert {str(Path(given[place]).parent) for place in ("CRMPULSE_CA_FILE", "CRMPULSE_POLICY")} <= mounted.keys()
    (authority,) = (v for v in pod(name)["spec"]["volumes"] if v["name"] == mounted["/etc/crmpulse/kafka"])
    secrets = {one["metadata"]["name"]: one["stringData"] for one in read(KUBERNETES / "secrets.example.yaml")}
    assert Path(given["CRMPULSE_CA_FILE"]).name in secrets[authority["secret"]["secretName"]]


def test_no_secret_stands_in_what_is_applied() -> None:
    assert "Secret" not in {one["kind"] for one in applied()}
    secret = {variable.name for variable in VARIABLES if variable.secret}
    assert not [name for name in OURS for variable in container(name).get("env", ()) if variable["name"] in secret]
    assert not secret & find("ConfigMap", "crmpulse")["data"].keys()


def test_the_policy_is_right(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(find("ConfigMap", "crmpulse-policy")["data"]["policy.yaml"])
    load(tmp_path / "policy.yaml", NAMES)


def test_selectors_find_what_they_mean() -> None:
    for name, template in pods():
        assert template["metadata"]["labels"] == {
            "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "crm-pulse",
        }  # fmt: skip
    for name in ("worker", "notify", "dashboard"):
        selector = find("Deployment", name)["spec"]["selector"]["matchLabels"]
        assert selector == {"app.kubernetes.io/name": name}
    assert find("PodDisruptionBudget", "worker")["spec"]["selector"]["matchLabels"] == {
        "app.kubernetes.io/name": "worker"
    }
    service = find("Service", "dashboard")["spec"]
    assert service["selector"] == {"app.kubernetes.io/name": "dashboard"}
    assert service["ports"][0]["targetPort"] == container("dashboard")["ports"][0]["name"]


def test_one_worker_at_a_time_may_be_away_and_never_two_of_what_is_alone() -> None:
    worker = find("Deployment", "worker")["spec"]
    assert worker["replicas"] == 2
    assert find("PodDisruptionBudget", "worker")["spec"]["maxUnavailable"] == 1
    for name in ("notify", "dashboard"):
        spec = find("Deployment", name)["spec"]
        assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


def test_the_network_is_closed_but_for_what_is_named() -> None:
    policies = {one["metadata"]["name"]: one["spec"] for one in applied() if one["kind"] == "NetworkPolicy"}
    assert policies["nothing"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert all(rule["from"] for policy in policies.values() for rule in policy.get("ingress", ()))
    reached = {
        port["port"] for policy in policies.values() for rule in policy.get("ingress", ()) for port in rule["ports"]
    }
    assert reached == {container(name)["ports"][0]["name"] for name in OURS if "ports" in container(name)}
    kafka = int(find("ConfigMap", "crmpulse")["data"]["CRMPULSE_KAFKA"].rpartition(":")[2])
    assert kafka in {port["port"] for rule in policies["names-and-kafka"]["egress"] for port in rule["ports"]}


def test_workers_are_scaled_by_the_lag_of_their_own_groups() -> None:
    scaled, authentication = read(KUBERNETES / "keda/worker.yaml")
    settings = Settings.from_env(environment("worker") | {"CRMPULSE_CA_FILE": ""})
    spec = scaled["spec"]
    assert spec["scaleTargetRef"]["name"] == find("Deployment", "worker")["metadata"]["name"]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (2, settings.partitions)
    told = [trigger["metadata"] for trigger in spec["triggers"]]
    assert [(one["consumerGroup"], one.get("topic")) for one in told] == [
        (settings.intake_group, None), (settings.progress_group, Topics(settings).full(INBOX)),
    ]  # fmt: skip
    assert {one["bootstrapServers"] for one in told} == {settings.kafka}
    assert all(isinstance(value, str) for one in told for value in one.values()), "KEDA takes only text there"
    assert {trigger["authenticationRef"]["name"] for trigger in spec["triggers"]} == {
        authentication["metadata"]["name"]
    }
    secrets = {one["metadata"]["name"]: one["stringData"] for one in read(KUBERNETES / "secrets.example.yaml")}
    for reference in authentication["spec"]["secretTargetRef"]:
        assert reference["key"] in secrets[reference["name"]]
