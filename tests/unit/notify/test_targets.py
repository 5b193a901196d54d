import pytest

from streams.events.outputs import AlertRecord
from streams.notify.selection import read_condition, selections
from streams.notify.targets import Kind, Target, TargetError, digested, distinct, read_target
from tests.unit.notify.alerts import seen

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("kind", "text", "url", "shown"),
    [
        (Kind.ALERTMANAGER, "http://am:9093", "http://am:9093/api/v2/alerts", "http://am:9093"),
        (Kind.ALERTMANAGER, "http://am:9093/", "http://am:9093/api/v2/alerts", "http://am:9093"),
        (Kind.ALERTMANAGER, "https://am/x/", "https://am/x/api/v2/alerts", "https://am/x"),
        (Kind.ALERTMANAGER, "http://am/api/v2/alerts", "http://am/api/v2/alerts", "http://am"),
        (Kind.ALERTMANAGER, f"http://me:{SECRET}@am/", f"http://me:{SECRET}@am/api/v2/alerts", "http://am"),
        (Kind.ALERTMANAGER, "http://[::1]:9093", "http://[::1]:9093/api/v2/alerts", "http://[::1]:9093"),
        (Kind.WEBHOOK, "https://hooks/", "https://hooks/", "https://hooks"),
        (Kind.WEBHOOK, f"https://hooks/{SECRET}", f"https://hooks/{SECRET}", "https://hooks/***"),
        (Kind.WEBHOOK, f"https://hooks?t={SECRET}", f"https://hooks?t={SECRET}", "https://hooks/***"),
        (Kind.APPRISE, f"tgram://{SECRET}/1", f"tgram://{SECRET}/1", "tgram://***"),
    ],
)
def test_an_address_and_what_of_it_is_shown(kind: Kind, text: str, url: str, shown: str) -> None:
    target = read_target(kind, text)
    assert (target.url, target.shown) == (url, shown)
    assert SECRET not in repr(target) + target.name


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.ALERTMANAGER, "am:9093"),
        (Kind.ALERTMANAGER, ""),
        (Kind.WEBHOOK, f"ftp://{SECRET}/"),
        (Kind.WEBHOOK, f"https:///{SECRET}"),
        (Kind.WEBHOOK, f"https://host:port/{SECRET}"),
        (Kind.WEBHOOK, f"https://host:0/{SECRET}"),
        (Kind.WEBHOOK, f"https://[host/{SECRET}"),
        (Kind.WEBHOOK, f"https://host/{SECRET} x"),
        (Kind.WEBHOOK, f"https://host/{SECRET}\n"),
        (Kind.APPRISE, SECRET),
        (Kind.APPRISE, f"{SECRET}://"),
    ],
)
def test_a_mistake_is_one_sentence_without_secrets(kind: Kind, text: str) -> None:
    with pytest.raises(TargetError) as caught:
        read_target(kind, text)
    said = str(caught.value)
    assert said.startswith(f"--{kind}")
    assert said.endswith(".")
    assert "\n" not in said
    assert SECRET not in said


def test_a_named_target_keeps_its_name_when_its_address_changes() -> None:
    old, new = (read_target(Kind.WEBHOOK, f"pager=https://hooks/{token}?a=b") for token in ("old", "new"))
    assert old.name == new.name == "webhook-pager"
    assert new.url == "https://hooks/new?a=b"
    assert read_target(Kind.WEBHOOK, "https://h/1").name != read_target(Kind.WEBHOOK, "https://h/2").name


def test_two_of_one_name_are_wrong() -> None:
    one = read_target(Kind.WEBHOOK, "https://hooks/1")
    distinct([one, read_target(Kind.WEBHOOK, "https://hooks/2")])
    with pytest.raises(TargetError, match=r"^The target webhook-\w{8} is given twice\.$"):
        distinct([one, one])


def record(**changes: object) -> AlertRecord:
    found = seen(**changes).record  # type: ignore[arg-type]
    assert found is not None
    return found


TARGETS = [
    Target(Kind.WEBHOOK, "webhook-pager", "", ""),
    Target(Kind.WEBHOOK, "webhook-log", "", ""),
    Target(Kind.APPRISE, "apprise-chat", "", ""),
]


@pytest.mark.parametrize(
    ("texts", "takers"),
    [
        ([], "webhook-pager webhook-log apprise-chat"),
        (["severity=critical"], ""),
        (["severity=critical, warning"], "webhook-pager webhook-log apprise-chat"),
        (["webhook:severity=critical"], "apprise-chat"),
        (["webhook-pager:severity=critical"], "webhook-log apprise-chat"),
        (["apprise:rule=contact.*", "webhook:rule=opp.*"], "apprise-chat"),
        (["rule=contact.*", "webhook-log:team=south"], "webhook-pager apprise-chat"),
        (["recipient=emp-[78]"], "webhook-pager webhook-log apprise-chat"),
        (["recipient=emp-9"], ""),
    ],
)
def test_all_conditions_of_a_target_must_hold(texts: list[str], takers: str) -> None:
    chosen = selections(texts, TARGETS)
    assert [name for name, selection in chosen.items() if selection.takes(record())] == takers.split()


@pytest.mark.parametrize("text", ["", "severity", "severity=", "colour=red", ":rule=x", "rule=,", "=x"])
def test_a_condition_that_is_none_is_one_sentence(text: str) -> None:
    with pytest.raises(TargetError, match=r"^--select .* is none; write it like .*\.$"):
        read_condition(text)


def test_a_condition_on_a_target_that_there_is_not_is_wrong() -> None:
    with pytest.raises(TargetError, match=r"names the target 'webhok'; there are apprise, apprise-chat, webhook, "):
        selections(["webhok:rule=x"], TARGETS)


def test_an_alert_without_a_severity_or_recipients_can_be_chosen_by_its_rule() -> None:
    nobody = record(severity=None, recipients=[], team=None)
    assert read_condition("rule=contact.*").holds(nobody)
    assert not read_condition("recipient=*").holds(nobody)


def three() -> list[Target]:
    return [
        read_target(Kind.WEBHOOK, "pager=https://a"),
        read_target(Kind.WEBHOOK, "wall=https://b"),
        read_target(Kind.APPRISE, "ann=json://c"),
    ]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], {"apprise-ann"}),
        (["webhook=digests"], {"webhook-pager", "webhook-wall", "apprise-ann"}),
        (["webhook=digests", "webhook-pager=changes", "apprise=changes"], {"webhook-wall"}),
        (["apprise-ann=changes"], set()),
    ],
)
def test_people_get_digests_and_others_where_that_is_said(texts: list[str], expected: set[str]) -> None:
    assert digested(texts, three()) == expected


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["webhook"], "--tell 'webhook' is none; write it like apprise=changes or webhook-NAME=digests."),
        (["webhook=digest"], "--tell 'webhook=digest' is none; "),
        (["webhook-x=digests"], "--tell names the target 'webhook-x'; there are apprise, apprise-ann, webhook, "),
    ],
)
def test_who_gets_what_may_be_said_wrongly(texts: list[str], sentence: str) -> None:
    with pytest.raises(TargetError) as caught:
        digested(texts, three())
    assert str(caught.value).startswith(sentence)


def test_an_alertmanager_gets_no_digests() -> None:
    with pytest.raises(TargetError, match="an Alertmanager gets every change"):
        digested(["alertmanager=digests"], [read_target(Kind.ALERTMANAGER, "http://am")])


def test_what_digests_do_not_say_chooses_none_of_them() -> None:
    selections(["webhook:team=north", "apprise:rule=x"], three(), {"apprise-ann"})
    with pytest.raises(TargetError, match="cannot choose by team for apprise-ann, as digests do not say it"):
        selections(["team=north"], three(), {"apprise-ann"})
