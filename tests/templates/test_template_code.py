"""The code of a template's functions: folders, zips, inline text, layers, and sources that are given beside it."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from deployed import client

from waterline import Cloud
from waterline.compute.source import zipped
from waterline.templates.mistakes import NotSupported, TemplateRefused

SAYS = "def handler(event, context):\n    return 'from the folder'\n"


def written(folder: Path, **properties: Any) -> Path:
    """A SAM template with one function, Say."""
    body: dict[str, Any] = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Globals": {"Function": {"Runtime": "python3.13", "Handler": "app.handler"}},
        "Resources": {"Say": {"Type": "AWS::Serverless::Function", "Properties": properties}},
        "Outputs": {"Name": {"Value": {"Ref": "Say"}}},
    }
    if "ImageUri" in properties:  # whose settings are in the image
        del body["Globals"]
    path = folder / "template.yaml"
    path.write_text(json.dumps(body), encoding="utf-8")
    return path


def said(name: str) -> Any:
    return json.load(client("lambda").invoke(FunctionName=name, Payload="{}")["Payload"])


def test_a_folder_beside_the_template_is_the_code(cloud: Cloud, tmp_path: Path) -> None:
    """Source: "How AWS SAM uploads local files at deployment"."""
    (tmp_path / "src" / "parts").mkdir(parents=True)
    (tmp_path / "src" / "app.py").write_text(
        "from parts.words import WORDS\n" + SAYS.replace("'from the folder'", "WORDS")
    )
    (tmp_path / "src" / "parts" / "words.py").write_text("WORDS = 'from a part'\n")
    stack = cloud.deploy_template(written(tmp_path, CodeUri="src/"))
    assert said(stack.outputs["Name"]) == "from a part"


def test_the_global_folder_is_the_code_of_a_function_that_names_none(cloud: Cloud, tmp_path: Path) -> None:
    """Source: "Globals section of the AWS SAM template"."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text(SAYS)
    path = written(tmp_path)
    body = json.loads(path.read_text())
    body["Globals"]["Function"]["CodeUri"] = "./src"
    path.write_text(json.dumps(body))
    assert said(cloud.deploy_template(path).outputs["Name"]) == "from the folder"


def test_a_zip_beside_the_template_is_taken_as_it_is(cloud: Cloud, tmp_path: Path) -> None:
    """Source: "How AWS SAM uploads local files at deployment"."""
    (tmp_path / "say.zip").write_bytes(zipped({"app.py": SAYS}))
    assert said(cloud.deploy_template(written(tmp_path, CodeUri="say.zip")).outputs["Name"]) == "from the folder"


def test_inline_code_is_the_module_index(cloud: Cloud, tmp_path: Path) -> None:
    """Source: "AWS::Lambda::Function"."""
    stack = cloud.deploy_template(written(tmp_path, InlineCode=SAYS, Handler="index.handler"))
    assert said(stack.outputs["Name"]) == "from the folder"


def test_code_in_a_bucket_of_the_cloud_is_fetched(cloud: Cloud, tmp_path: Path) -> None:
    """Source: "AWS::Serverless::Function"."""
    client("s3").create_bucket(Bucket="code")
    client("s3").put_object(Bucket="code", Key="say.zip", Body=zipped({"app.py": SAYS}))
    stack = cloud.deploy_template(written(tmp_path, CodeUri="s3://code/say.zip"))
    assert said(stack.outputs["Name"]) == "from the folder"


def test_the_modules_of_a_layer_are_there(cloud: Cloud, tmp_path: Path) -> None:
    """Source: "AWS::Lambda::LayerVersion"."""
    (tmp_path / "words" / "python").mkdir(parents=True)
    (tmp_path / "words" / "python" / "words.py").write_text("WORDS = 'from the layer'\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text("from words import WORDS\n" + SAYS.replace("'from the folder'", "WORDS"))
    path = written(tmp_path, CodeUri="src/", Layers=[{"Ref": "Words"}])
    body = json.loads(path.read_text())
    body["Resources"]["Words"] = {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "words/"}}
    path.write_text(json.dumps(body))
    assert said(cloud.deploy_template(path).outputs["Name"]) == "from the layer"


def test_the_same_files_give_the_same_zip(cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    for name in ("b.py", "a.py", "app.py"):
        (tmp_path / "src" / name).write_text(SAYS)
    path = written(tmp_path, CodeUri="src/")
    digests = set()
    for stack in ("one", "two"):
        name = cloud.deploy_template(path, stack_name=stack).outputs["Name"]
        digests.add(client("lambda").get_function(FunctionName=name)["Configuration"]["CodeSha256"])
        (tmp_path / "src" / "__pycache__").mkdir(exist_ok=True)
        (tmp_path / "src" / "__pycache__" / "a.pyc").write_bytes(b"...")
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("def handler(event, context):\n    return 'given'\n", "given"),
        ("def lambda_handler(event, context):\n    return 'by its own name'\n", "by its own name"),
        ({"app.py": "def lambda_handler(event, context):\n    return 'files'\n"}, "files"),
        (zipped({"app.py": "def lambda_handler(event, context):\n    return 'a zip'\n"}), "a zip"),
    ],
)
def test_code_that_is_given_takes_the_place_of_the_folder(
    cloud: Cloud, tmp_path: Path, source: Any, answer: str
) -> None:
    path = written(tmp_path, CodeUri="nowhere/", Handler="app.lambda_handler")
    assert said(cloud.deploy_template(path, code={"Say": source}).outputs["Name"]) == answer


def test_code_that_is_given_takes_the_place_of_javascript_and_of_an_image(cloud: Cloud, tmp_path: Path) -> None:
    for stack, properties in (
        ("one", {"CodeUri": "js/", "Runtime": "nodejs24.x", "Handler": "app.lambdaHandler"}),
        ("two", {"PackageType": "Image", "ImageUri": "111122223333.dkr.ecr.us-east-1.amazonaws.com/say:1"}),
    ):
        deployed = cloud.deploy_template(written(tmp_path, **properties), stack_name=stack, code={"Say": SAYS})
        assert said(deployed.outputs["Name"]) == "from the folder"


def test_a_folder_that_is_missing_is_named(cloud: Cloud, tmp_path: Path) -> None:
    with pytest.raises(NotSupported) as refused:
        cloud.deploy_template(written(tmp_path, CodeUri="src/"))
    sentence = (
        f"Say: Say takes its code from src/, and there is no {tmp_path / 'src'} "
        "(put it there, or pass code={'Say': source})"
    )
    assert refused.value.what == (sentence,)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ({"Nobody": SAYS}, "code= names Nobody, which is no function of template.yaml; it has: Say."),
        ({"Say": "def run():\n    pass\n"}, "The source given for Say has no function handler"),
        ({"Say": "def handler(:\n"}, "The source given for Say is no Python: invalid syntax"),
    ],
)
def test_code_that_does_not_fit_is_told_in_one_sentence(
    cloud: Cloud, tmp_path: Path, code: dict[str, str], sentence: str
) -> None:
    with pytest.raises(TemplateRefused) as refused:
        cloud.deploy_template(written(tmp_path, CodeUri="src/"), code=code)
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize(
    ("properties", "lacking"),
    [
        ({"InlineCode": "exports", "Runtime": "nodejs24.x"}, "Runtime nodejs24.x (the lab runs Python; give it code=)"),
        (
            {"PackageType": "Image", "ImageUri": "111122223333.dkr.ecr.us-east-1.amazonaws.com/say:1"},
            "PackageType Image (the lab runs functions from a zip only; give it code=)",
        ),
    ],
)
def test_a_function_that_the_lab_cannot_run_is_named(
    cloud: Cloud, tmp_path: Path, properties: dict[str, str], lacking: str
) -> None:
    with pytest.raises(NotSupported) as refused:
        cloud.deploy_template(written(tmp_path, **properties))
    assert refused.value.what == (f"Say: {lacking}",)


def test_a_definition_in_a_file_has_its_substitutions(cloud: Cloud, tmp_path: Path) -> None:
    """Source: "AWS::StepFunctions::StateMachine"."""
    machine = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 0, "Comment": "${Who}", "End": True}}}
    (tmp_path / "wait.asl.json").write_text(json.dumps(machine).replace('"Seconds": 0', '"Seconds": ${Seconds}'))
    properties = {
        "DefinitionUri": "wait.asl.json",
        "DefinitionSubstitutions": {"Seconds": 7, "Who": {"Ref": "AWS::Region"}},
    }
    body = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {"Pause": {"Type": "AWS::Serverless::StateMachine", "Properties": properties}},
    }
    (tmp_path / "template.json").write_text(json.dumps(body))
    arn = cloud.deploy_template(tmp_path / "template.json").resources["Pause"]
    kept = json.loads(client("stepfunctions").describe_state_machine(stateMachineArn=arn)["definition"])
    assert kept["States"]["Wait"] == {"Type": "Wait", "Seconds": 7, "Comment": "us-east-1", "End": True}


def test_a_zip_has_no_date() -> None:
    with zipfile.ZipFile(io.BytesIO(zipped({"a.py": "x", "b.bin": b"\0"}))) as archive:
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.read("b.bin") == b"\0"
