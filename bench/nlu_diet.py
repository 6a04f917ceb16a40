"""Run by stock Rasa's own Python: trains Rasa's default pipeline on a CSV file, asks it another, prints JSON answers.

usage: python nlu_diet.py TRAIN.csv TEST.csv TEXT_COLUMN LABEL_COLUMN EPOCHS
"""

import asyncio
import csv
import json
import os
import resource
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
train, test, text, label, epochs = sys.argv[1:]


def rows(path):
    with open(path, encoding="utf-8-sig", newline="") as file:  # noqa: PTH123
        return [(row[text].strip(), row[label].strip()) for row in csv.DictReader(file) if row[text] and row[label]]


# Rasa 3.6's default pipeline, as `rasa init` leaves it to Rasa to choose; EPOCHS is 100 there.
PIPELINE = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier", "epochs": int(epochs), "constrain_similarities": True, "random_seed": 1},
    {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
]


async def ask(model, asked):
    from rasa.core.agent import Agent

    agent = Agent.load(model)
    answers = []
    for question, _ in asked:
        start = time.perf_counter()
        parsed = await agent.parse_message(question)
        took = (time.perf_counter() - start) * 1000
        ranking = [each for each in parsed["intent_ranking"] if each["name"] != "nlu_fallback"]
        answers.append({**ranking[0], "refused": parsed["intent"]["name"] == "nlu_fallback", "ms": took})
    return answers


with tempfile.TemporaryDirectory() as folder:
    learned, asked = rows(train), rows(test)
    names = {name: f"intent_{place}" for place, name in enumerate(sorted({each for _, each in learned}))}
    told = [{"text": said, "intent": names[name], "entities": []} for said, name in learned]
    with open(f"{folder}/nlu.json", "w") as file:  # noqa: PTH123
        json.dump({"rasa_nlu_data": {"common_examples": told}}, file)
    with open(f"{folder}/config.yml", "w") as file:  # noqa: PTH123
        json.dump({"recipe": "default.v1", "language": "en", "assistant_id": "diet", "pipeline": PIPELINE}, file)
    from rasa.model_training import train_nlu

    start = time.perf_counter()
    model = train_nlu(f"{folder}/config.yml", f"{folder}/nlu.json", folder)
    seconds = time.perf_counter() - start
    answers = asyncio.run(ask(model, asked))
    back = {value: key for key, value in names.items()}
    for answer, (_, name) in zip(answers, asked, strict=True):
        answer.update(name=back[answer["name"]], label=name)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"train_rows": len(learned), "train_seconds": seconds, "peak_mb": peak, "answers": answers}))
