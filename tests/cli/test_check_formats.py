"""The formats of `netlang check` for machines: JSON and SARIF."""

from __future__ import annotations

import json

import pytest

from tests.cli.support import Runner

WRONG = """\
block unit(width) {
    add { conv(width, 3x3, pad=1); identity }
}

net wrong {
    input image: [3, H=32, W=32]
    layer1: { unit(8) }
    conv(8, 3x3, strid=2)
}
"""


def test_json(run: Runner) -> None:
    (run.folder / "b.net").write_text(WRONG)
    result = run("check", "b.net", "--format", "json")
    assert result.status == 1
    assert result.err == ""
    document = json.loads(result.out)
    assert document["version"] == 1
    first, second = document["diagnostics"]
    assert first["code"] == "E0412"
    assert first["severity"] == "error"
    assert first["message"] == "the branches of `add` differ in shape"
    assert first["file"] == "b.net"
    assert first["span"] == {
        "start": {"line": 2, "column": 5, "offset": 24},
        "end": {"line": 2, "column": 8, "offset": 27},
    }
    assert first["caption"] == "branch 1 is [8, 32, 32], branch 2 is [3, 32, 32]"
    assert [note["text"] for note in first["notes"]] == [
        "[8, 32, 32] comes from here",
        "[3, 32, 32] comes from here",
    ]
    assert first["path"] == "layer1.0"
    assert first["chain"] == [
        {
            "what": "unit(8)",
            "path": "layer1.0",
            "within": "net `wrong`",
            "file": "b.net",
            "span": {
                "start": {"line": 7, "column": 15, "offset": 128},
                "end": {"line": 7, "column": 22, "offset": 135},
            },
        }
    ]
    assert first["fix"]["safe"] is False
    assert [edit["text"] for edit in first["fix"]["edits"]] == ["conv(width, 1x1)"]
    assert second["code"] == "E0301"
    assert second["help"] == "did you mean `stride`?"


def test_json_of_a_good_file_and_of_none(run: Runner) -> None:
    result = run("check", "good.net", "--format", "json")
    assert (result.status, json.loads(result.out)["diagnostics"]) == (0, [])
    result = run("check", "absent.net", "--format", "json")
    assert result.status == 1
    (only,) = json.loads(result.out)["diagnostics"]
    assert (only["code"], only["file"], only["span"], only["fix"]) == ("E0001", None, None, None)


def test_sarif_describes_the_tool_and_its_rules(run: Runner) -> None:
    (run.folder / "b c.net").write_text(WRONG)
    result = run("check", "b c.net", "--format", "sarif")
    assert result.status == 1
    log = json.loads(result.out)
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("/sarif-schema-2.1.0.json")
    (only,) = log["runs"]
    assert only["columnKind"] == "unicodeCodePoints"
    driver = only["tool"]["driver"]
    assert driver["name"] == "netlang"
    assert [rule["id"] for rule in driver["rules"]] == ["E0301", "E0412"]
    for rule in driver["rules"]:
        assert set(rule) == {
            "id", "shortDescription", "fullDescription", "help", "defaultConfiguration"
        }  # fmt: skip
        assert rule["defaultConfiguration"] == {"level": "error"}
        assert set(rule["help"]) == {"text", "markdown"}


def test_sarif_results(run: Runner) -> None:
    (run.folder / "b c.net").write_text(WRONG)
    (only,) = json.loads(run("check", "b c.net", "--format", "sarif").out)["runs"]
    first, second = only["results"]
    assert (first["ruleId"], first["ruleIndex"], first["level"]) == ("E0412", 1, "error")
    assert first["message"]["text"].startswith("the branches of `add` differ in shape\nhelp: ")
    (location,) = first["locations"]
    assert location["logicalLocations"] == [{"fullyQualifiedName": "layer1.0"}]
    assert location["message"] == {"text": "branch 1 is [8, 32, 32], branch 2 is [3, 32, 32]"}
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "b%20c.net"},
        "region": {
            "startLine": 2,
            "startColumn": 5,
            "endLine": 2,
            "endColumn": 8,
            "charOffset": 24,
            "charLength": 3,
            "snippet": {"text": "add"},
        },
    }
    assert [note["id"] for note in first["relatedLocations"]] == [0, 1]
    (flow,) = first["codeFlows"]
    steps = [step["location"] for step in flow["threadFlows"][0]["locations"]]
    lines = [step["physicalLocation"]["region"]["startLine"] for step in steps]
    assert lines == [7, 2]
    assert steps[0]["message"] == {"text": "`layer1.0`: unit(8), in net `wrong`"}
    (fix,) = first["fixes"]
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"] == {"uri": "b%20c.net"}
    (replacement,) = change["replacements"]
    assert replacement["insertedContent"] == {"text": "conv(width, 1x1)"}
    assert replacement["deletedRegion"]["charLength"] == len("identity")
    assert second["properties"] == {"help": "did you mean `stride`?", "fixIsSafe": False}


def test_sarif_without_a_place(run: Runner) -> None:
    log = json.loads(run("check", "absent.net", "--format", "sarif").out)
    (result,) = log["runs"][0]["results"]
    assert result["ruleId"] == "E0001"
    assert "locations" not in result
    assert json.loads(run("check", "good.net", "--format", "sarif").out)["runs"][0]["results"] == []


@pytest.mark.parametrize("kind", ["json", "sarif"])
def test_formats_say_the_same(run: Runner, kind: str) -> None:
    """Whatever stands in the text stands in the documents too."""
    (run.folder / "b.net").write_text(WRONG)
    text = run("check", "b.net").err
    document = run("check", "b.net", "--format", kind).out
    said = [line.split(": ", 1)[-1] for line in text.splitlines() if line.startswith("error")]
    said += [line.split("= help: ")[1] for line in text.splitlines() if "= help: " in line]
    assert len(said) == 4
    for words in said:
        assert json.dumps(words)[1:-1] in document
