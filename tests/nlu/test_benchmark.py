"""The figures of `xiaoer nlu benchmark`, computed by hand beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bot.errors import ConfigError
from bot.nlu import benchmark, report
from bot.nlu.benchmark import Example
from tests.nlu.test_understanding import LABELS, TEXTS

ROOT = Path(__file__).parents[2]
KEYS = [
    "accuracy",
    "macro_f1",
    "ece",
    "oos_auroc",
    "oos_recall",
    "decision_accuracy",
    "train_seconds",
    "parse_ms",
    "peak_mb",
    "rows",
]


def parser(text: str) -> dict[str, object]:
    name, _, outside = text.removesuffix(" ...").partition("/")
    ranking = [{"name": name, "confidence": 0.8}, {"name": "b", "confidence": 0.2}]
    refused = float(outside or 0) >= 0.5
    intent = {"name": "nlu_fallback", "confidence": 1.0} if refused else ranking[0]
    return {"intent": intent, "intent_ranking": ranking, "out_of_scope": float(outside or 0)}


def test_figures() -> None:
    asked = [("a", "a"), ("a/0.6", "a"), ("b", "a"), ("b", "b"), ("a/0.9", "none"), ("a/0.1", "none")]
    answers = benchmark.ask(parser, [Example(*each) for each in asked], outside="none")
    told = benchmark.figures(answers, outside="none", train_rows=4, train_seconds=1.0)
    assert list(told) == KEYS
    assert told["accuracy"] == 0.75
    assert told["macro_f1"] == pytest.approx((0.8 + 2 / 3) / 2, abs=1e-4)
    assert told["decision_accuracy"] == pytest.approx(3 / 6, abs=1e-4)
    assert told["oos_auroc"] == pytest.approx((4 + 3) / 8)
    assert told["rows"] == {"train": 4, "test": 6, "test_oos": 2}


def test_shots_and_folds_take_every_label() -> None:
    examples = [Example(f"{label}{number}", label) for label in "abc" for number in range(7)]
    few = benchmark.shots(examples, each=2, seed=3)
    assert sorted(example.label for example in few) == list("aabbcc")
    rounds = list(benchmark.folds(examples, count=3, seed=0))
    assert sorted(example.text for _, test in rounds for example in test) == sorted(each.text for each in examples)
    assert all({example.label for example in test} == set("abc") for _, test in rounds)


def test_a_wrong_column_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,intent\nhello,greet\n")
    with pytest.raises(ConfigError, match="no column 'label'; its columns: text, intent"):
        benchmark.read(tmp_path / "a.csv", text="text", label="label")


def test_the_command_trains_the_projects_pipeline_on_any_labels(tmp_path: Path) -> None:
    (tmp_path / "all.csv").write_text(
        "q,l\n" + "".join(f'"{text}","faq / {name}?"\n' for text, name in zip(TEXTS, LABELS, strict=True)) + "moo,OOS\n"
    )
    command = [sys.executable, "-m", "bot", "--project", str(ROOT), "nlu", "benchmark", "--train", "all.csv"]
    command += ["--text-column", "q", "--label-column", "l", "--out-of-scope-label", "OOS", "--format", "json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, "--test", "all.csv"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert list(told) == KEYS
    assert told["accuracy"] > 0.9
    assert told["rows"]["test_oos"] == 1


def test_the_report_points_at_what_is_wrong() -> None:
    rng = np.random.default_rng(0)
    words = {"a": ["alpha", "beta", "gamma", "delta"], "b": ["one", "two", "three", "four"]}
    examples = [Example(" ".join(rng.permutation(words[label])), label) for label in "ab" for _ in range(12)]
    examples.append(Example("alpha beta gamma", "b"))

    def features(texts: list[str]) -> report.Table:
        from scipy.sparse import vstack

        from bot.nlu.ngrams import Plan, TermRows

        rows = TermRows.fit(texts, plan=Plan(), at_least=1)
        sparse = vstack([rows.row(text) for text in texts], format="csr")
        return report.Table(sparse=sparse, dense=np.zeros((len(texts), 0), np.float32))

    told = report.look(examples, features=features)
    assert told["confused"][0] | {"texts": []} == {"intent": "b", "taken_for": "a", "times": 1, "texts": []}
    assert set(told["thin"]) == {"a", "b"}
    assert "alpha beta gamma" in report.text(told)
