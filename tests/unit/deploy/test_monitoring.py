"""Prometheus' rules and Grafana's dashboard: right to their tools, and about metrics that there are."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.metrics import Metrics
from streams.notify.figures import Figures

DEPLOY = Path(__file__).parents[3] / "deploy"
PROMETHEUS, GRAFANA = DEPLOY / "prometheus", DEPLOY / "grafana"
RULES = sorted(PROMETHEUS.glob("rules/*.yml"))
RULE_TESTS = sorted(PROMETHEUS.glob("tests/*.yml"))

# Section 6 of the contract, as it is exposed.
CONTRACT = {
    "crmpulse_events_total": {"topic", "type", "outcome"},
    "crmpulse_dead_letters_total": {"reason"},
    "crmpulse_end_to_end_latency_seconds_bucket": {"le"},
    "crmpulse_source_lag_seconds": {"topic"},
    "crmpulse_alerts": {"rule", "status", "severity"},
    "crmpulse_alert_transitions_total": {"rule", "status", "reason"},
    "crmpulse_state_entries": {"table"},
    "crmpulse_flush_duration_seconds_bucket": {"le"},
    "crmpulse_recovery_duration_seconds_bucket": {"le"},
    "crmpulse_build_info": {"version", "policy_version"},
}
OF_PROMETHEUS = {"up", "ALERTS"}
OF_NOTIFY = {"target", "outcome"}
OF_SCORES = {"employee_id", "team"}
BOARDS = sorted(GRAFANA.glob("dashboards/*.json"))
LABELS = (
    set().union(*CONTRACT.values()) | OF_NOTIFY | OF_SCORES | {"stage"} | {"job", "instance", "alertname", "alertstate"}
)
WORDS = {"and", "or", "unless", "offset", "by", "on", "group_left"}

Tool = Callable[..., subprocess.CompletedProcess[str]]


def load_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def alerting_rules() -> list[dict[str, Any]]:
    return [rule for path in RULES for group in load_yaml(path)["groups"] for rule in group["rules"]]


def dashboard(path: Path) -> dict[str, Any]:
    board: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return board


def panel_expressions() -> list[str]:
    panels = [panel for path in BOARDS for panel in dashboard(path)["panels"]]
    return [target["expr"] for panel in panels for target in panel["targets"]]


def expressions() -> list[str]:
    return [rule["expr"] for rule in alerting_rules()] + panel_expressions()


def labels_of(expression: str) -> set[str]:
    grouped = re.findall(r"\b(?:by|on|group_left) *\(([^)]*)\)", expression)
    return set(re.findall(r"\w+", " ".join(grouped))) | set(re.findall(r"(\w+) *(?:=~|!~|!=|=(?!=)) *\"", expression))


def metrics_of(expression: str) -> set[str]:
    """Every name in it that is no function, label or word of the language."""
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b(?:by|on|group_left) *\([^)]*\)", " ", expression)
    return set(re.findall(r"(?<![\w.])[A-Za-z_:][\w:]*\b(?! *\()", bare)) - WORDS


def exposed() -> set[str]:
    """Names of the samples that a worker or `crmpulse notify` exposes, also of those that it has not counted yet."""
    suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
    families = [*Metrics(now=lambda: 0, version="1", scores=True).registry.collect(), *Figures(lambda: 0, []).collect()]
    return {family.name + suffix for family in families for suffix in suffixes.get(family.type, [""])}


def test_the_worker_exposes_what_the_contract_names() -> None:
    assert set(CONTRACT) <= exposed()


def test_rules_and_panels_ask_for_metrics_and_labels_that_there_are() -> None:
    known = exposed() | OF_PROMETHEUS
    assert not {(name, expr) for expr in expressions() for name in metrics_of(expr) - known}
    assert not {(label, expr) for expr in expressions() for label in labels_of(expr) - LABELS}


def test_the_dashboard_shows_every_metric_of_the_contract() -> None:
    shown = set().union(*map(metrics_of, panel_expressions()))
    assert {re.sub("_(bucket|sum|count)$", "", name) for name in shown} >= {
        re.sub("_bucket$", "", name) for name in CONTRACT
    }


def test_a_bound_on_a_bucket_is_a_bucket() -> None:
    bounds = {float(bound) for rule in alerting_rules() for bound in re.findall(r'le="([\d.]+)"', rule["expr"])}
    families = Metrics(now=lambda: 0, version="1").registry.collect()
    buckets = {float(s.labels["le"]) for family in families for s in family.samples if "le" in s.labels}
    assert bounds
    assert bounds <= buckets


def test_every_rule_says_how_bad_it_is_what_it_means_and_what_to_do() -> None:
    names = [rule["alert"] for rule in alerting_rules()]
    assert len(names) == len(set(names)) > 0
    for rule in alerting_rules():
        assert rule["labels"]["severity"] in {"critical", "warning"}, rule["alert"]
        assert rule["annotations"]["summary"].endswith("."), rule["alert"]
        assert len(rule["annotations"]["runbook"]) > 100, rule["alert"]


def test_every_rule_fires_in_one_scenario_and_is_silent_in_another() -> None:
    checks = [
        check for path in RULE_TESTS for scenario in load_yaml(path)["tests"] for check in scenario["promql_expr_test"]
    ]
    assert {check["expr"] for check in checks} == {'ALERTS{alertstate="firing"}'}
    expected = [" ".join(sample["labels"] for sample in check.get("exp_samples", ())) for check in checks]
    fired = [set(re.findall(r'alertname="(\w+)"', labels)) for labels in expected]
    for name in (rule["alert"] for rule in alerting_rules()):
        assert any(name in names for names in fired), f"{name} is never seen firing"
        assert any(name not in names for names in fired), f"{name} is never seen silent"


def test_dashboards_have_names_of_their_own() -> None:
    assert [path.name for path in BOARDS] == ["crm-pulse.json", "scores.json"]
    for name in ("uid", "title"):
        assert len({dashboard(path)[name] for path in BOARDS}) == len(BOARDS)


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.stem)
def test_panels_do_not_overlap_and_know_their_source(path: Path) -> None:
    uid = load_yaml(GRAFANA / "provisioning/datasources/prometheus.yml")["datasources"][0]["uid"]
    panels = dashboard(path)["panels"]
    assert {panel["datasource"]["uid"] for panel in panels} == {uid}
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for at in (panel["gridPos"] for panel in panels)
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_grafana_finds_the_dashboard_where_it_is_mounted(compose: dict[str, Any]) -> None:
    provider = load_yaml(GRAFANA / "provisioning/dashboards/crm-pulse.yml")["providers"][0]
    grafana = compose["services"]["grafana"]
    folder = provider["options"]["path"]
    assert f"./deploy/grafana/dashboards:{folder}:ro" in grafana["volumes"]
    assert grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] == f"{folder}/crm-pulse.json"


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["check", "config", str(PROMETHEUS / "prometheus.yml")], id="config"),
        pytest.param(["check", "rules", "--lint=all", "--lint-fatal", *map(str, RULES)], id="rules"),
        pytest.param(["test", "rules", *map(str, RULE_TESTS)], id="scenarios"),
    ],
)
def test_promtool_finds_nothing_wrong(tool: Tool, arguments: list[str]) -> None:
    done = tool("promtool", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_can_read_every_panel(tool: Tool, tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:{i}", "expr": expr.replace("$__rate_interval", "5m")}
        for i, expr in enumerate(panel_expressions())
    ]
    path = tmp_path / "panels.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    done = tool("promtool", "check", "rules", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
