"""One small file per mistake under bad/, and what is said of it in bad/sentences.txt: line, sentence, what to do."""

from pathlib import Path

import pytest

from streams.policy import PolicyError, load

BAD = Path(__file__).parent / "bad"
KPIS = {
    "csat_segment:",
    "won_amount",
    "win_rate",
    "contacts",
    "contacts:",
    "stage_conversion:",
    "lead_response_seconds_p50",
}


def sentences() -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}
    name = ""
    for line in (BAD / "sentences.txt").read_text("utf-8").splitlines():
        if line.startswith(" "):
            said[name].append(line.strip())
        else:
            name = line
            said[name] = []
    return said


def test_every_file_has_its_sentences() -> None:
    assert {file.stem for file in BAD.glob("*.yaml")} == set(sentences())
    assert all(sentences().values())


@pytest.mark.parametrize("name", sentences())
def test_a_mistake_is_told_with_its_line_and_what_to_do(name: str) -> None:
    with pytest.raises(PolicyError) as raised:
        load(BAD / f"{name}.yaml", KPIS)
    assert [str(problem) for problem in raised.value.problems] == sentences()[name]
    assert all(problem.hint for problem in raised.value.problems)
    assert str(raised.value) == "\n".join(sentences()[name])


def test_a_file_that_is_not_there_gets_one_sentence(tmp_path: Path) -> None:
    missing = tmp_path / "policy.yaml"
    with pytest.raises(PolicyError) as raised:
        load(missing)
    assert str(raised.value) == f"the policy '{missing}' cannot be read: No such file or directory. Check the path."


def test_a_folder_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read: Is a directory"):
        load(tmp_path)


def test_a_path_that_no_system_takes_gets_one_sentence() -> None:
    with pytest.raises(PolicyError, match="cannot be read"):
        load(Path("a\0b"))


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    huge = tmp_path / "policy.yaml"
    with huge.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(PolicyError, match="a policy has at most 256 KiB"):
        load(huge)


def test_a_file_full_of_mistakes_gets_a_bounded_answer() -> None:
    wrong = "\n".join(f"key{index}: 1" for index in range(5_000))
    with pytest.raises(PolicyError) as raised:
        load(wrong)
    assert len(raised.value.problems) == 101
    assert "and 4901 problems more" in str(raised.value)


def test_nothing_is_said_of_kpi_names_without_a_catalogue() -> None:
    policy = load("pipeline: {stages: [{name: A}]}\nscorecards: {sales: {kpis: [{kpi: happiness}]}}")
    assert policy.scorecards["sales"][0].kpi == "happiness"


@pytest.mark.parametrize(
    "kpi", ["contacts:call", "stage_conversion:A:B", "lead_response_seconds_p50", "competency_empathy"]
)
def test_variants_of_a_known_kpi_are_known(kpi: str) -> None:
    policy = load(f"pipeline: {{stages: [{{name: A}}]}}\nscorecards: {{r: {{kpis: [{{kpi: '{kpi}'}}]}}}}", KPIS)
    assert policy.scorecards["r"][0].kpi == kpi


def test_the_built_in_scorecards_need_no_catalogue_that_knows_them() -> None:
    assert "support" in load("pipeline: {stages: [{name: A}]}", KPIS).scorecards
