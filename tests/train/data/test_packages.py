"""Data sets that other packages read: `datasets` and torchvision, without a network."""

from __future__ import annotations

import inspect
import io
import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset, Features, Value
from datasets import Image as ImageFeature

from netlang.backends.torch.data.images import opened
from netlang.backends.torch.data.sets import Examples, Images
from netlang.backends.torch.data.sources.vision import CALLS
from netlang.diagnostics.errors import NetlangError
from netlang.recipes.words.data_images import SETS
from tests.analysis.oracles import torchvision_models
from tests.train.data import test_idx as idx
from tests.train.data.support import draw, load, pictures, refusal, tree

HUGGING = 'hugging_face("pets")'


@pytest.fixture(autouse=True)
def _no_network(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path_factory.mktemp("cache"))
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


def pixels(part: Examples | None) -> list[object]:
    assert isinstance(part, Images)
    found = []
    for number in range(len(part)):
        with opened(part, number) as image:
            found.append(np.asarray(image).tolist())
    return found


def labels(part: Examples | None) -> list[int]:
    assert part is not None
    assert part.labels is not None
    return list(part.labels)


def test_a_folder_is_read_as_ours(tmp_path: Path) -> None:
    pictures(tmp_path, ("train", "validation", "test"))
    theirs, ours = load(tmp_path, HUGGING), load(tmp_path, 'image_folder("pets")')
    assert theirs.classes == ours.classes == ("cat", "dog")
    for one, other in (
        (theirs.train, ours.train),
        (theirs.validation, ours.validation),
        (theirs.test, ours.test),
    ):
        assert labels(one) == labels(other)
        assert pixels(one) == pixels(other)


@pytest.mark.parametrize("whole", [True, False])
def test_a_saved_set(tmp_path: Path, whole: bool) -> None:
    from datasets import load_dataset

    pictures(tmp_path / "pets")
    found = load_dataset(str(tmp_path / "pets"))
    (found if whole else found["train"]).save_to_disk(str(tmp_path / "saved"))
    parts = load(tmp_path / "saved", HUGGING)
    assert pixels(parts.train) == pixels(load(tmp_path / "pets", 'image_folder("pets")').train)
    assert parts.classes == ("cat", "dog")
    assert (parts.validation is not None) == whole
    held = load(tmp_path / "saved", HUGGING, "validation: 0.4", "seed: 3")
    assert held.validation is not None
    assert (len(held.train), len(held.validation)) == (4, 2)


def saved(root: Path, columns: dict[str, list[object]], features: Features) -> Path:
    Dataset.from_dict(columns, features=features).save_to_disk(str(root))
    return root


def png(seed: int) -> bytes:
    content = io.BytesIO()
    draw(seed).save(content, "PNG")
    return content.getvalue()


FEATURES = Features({"photo": ImageFeature(), "kind": Value("string")})


def test_labels_as_texts_in_other_columns(tmp_path: Path) -> None:
    images: list[object] = [{"bytes": png(seed), "path": None} for seed in range(3)]
    saved(tmp_path, {"photo": images, "kind": ["owl", "cat", "owl"]}, FEATURES)
    parts = load(tmp_path, 'hugging_face("pets", image="photo", label="kind")')
    assert parts.classes == ("cat", "owl")
    assert labels(parts.train) == [1, 0, 1]
    assert pixels(parts.train)[2] == np.asarray(draw(2)).tolist()
    code, text = refusal(tmp_path, HUGGING)
    assert code == "E0781"
    assert "there are `photo`, `kind`" in text
    code, text = refusal(tmp_path, 'hugging_face("pets", image="kind", label="kind")')
    assert code == "E0784"
    assert "no images" in text


def test_damaged_and_missing_images(tmp_path: Path) -> None:
    outside = tree(tmp_path, {"outside.png": 1}) / "outside.png"
    cells: list[object] = [
        {"bytes": png(1), "path": None},
        {"bytes": b"nonsense", "path": None},
        {"bytes": None, "path": str(outside)},
        {"bytes": None, "path": "../outside.png"},
        {"bytes": None, "path": "gone.png"},
        {"bytes": None, "path": "circle.png"},
    ]
    root = tmp_path / "set"
    root.mkdir()
    (root / "circle.png").symlink_to("circle.png")
    # `datasets` itself would put the files into the set.
    kinds = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    columns = {"photo": pa.array(cells, kinds), "kind": pa.array(["a"] * 6)}
    about = json.dumps({"info": {"features": FEATURES.to_dict()}})
    table = pa.table(columns).replace_schema_metadata({"huggingface": about})
    pq.write_table(table, root / "train.parquet")
    parts = load(root, 'hugging_face("pets", image="photo", label="kind", corrupt=skip)')
    assert len(parts.train) == 1
    (note,) = parts.notes
    assert note.count("it leads out of the data set") == 2
    assert "gone.png: " in note
    assert "circle.png: " in note


def test_what_cant_be_read(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{")
    assert refusal(tmp_path, HUGGING)[0] == "E0784"


def test_the_hub_is_asked_where_the_machine_says_nothing() -> None:
    data = 'hugging_face("pets", repository="nobody/no-such-set")'
    code, text = refusal(Path(), data, name="others")
    assert code == "E0784"
    assert "nobody/no-such-set" in text
    assert refusal(Path(), HUGGING, name="others")[0] == "E0780"


def test_scripts_are_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pets").mkdir()
    (tmp_path / "pets/pets.py").write_text("open('sprung', 'w')\n")
    assert refusal(tmp_path / "pets", HUGGING)[0] == "E0784"
    assert not Path("sprung").exists()


@pytest.mark.parametrize(
    ("package", "data", "extra"),
    [("datasets", HUGGING, "hugging_face"), ("torchvision", 'torchvision("pets", set=MNIST)', "")],
)
def test_without_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, data: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    code, text = refusal(tmp_path, data)
    assert code in ("E0012", "E0020")
    assert extra in text or package in text


def test_a_torchvision_for_another_pytorch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It fails to load with whatever error its operators give: no matter of the data."""
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('operator torchvision::nms is gone')")
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(tmp_path))
    code, text = refusal(tmp_path, 'torchvision("pets", set=MNIST)')
    assert code == "E0021"
    assert "torchvision::nms is gone" in text
    assert "pip install" in text


def test_mnist_of_torchvision(tmp_path: Path) -> None:
    torchvision_models()
    from torchvision.datasets import MNIST

    idx.write(tmp_path / "MNIST/raw")
    parts = load(tmp_path, 'torchvision("pets", set=MNIST, channels=1)')
    for part, is_train in ((parts.train, True), (parts.test, False)):
        theirs = MNIST(str(tmp_path), train=is_train)
        assert labels(part) == theirs.targets.tolist()
        assert pixels(part) == theirs.data.tolist()
    assert parts.classes is not None
    assert parts.classes[0] == "0 - zero"
    picked = parts.train.subset(np.array([4, 1]))
    assert isinstance(picked, Images)
    assert [picked.name(0), labels(picked)] == ["MNIST[4]", [4, 1]]


def test_pets_of_torchvision(tmp_path: Path) -> None:
    torchvision_models()
    folder = tmp_path / "oxford-iiit-pet"
    names = {"trainval": ["Abyssinian_1", "beagle_2"], "test": ["beagle_1"]}
    (folder / "annotations").mkdir(parents=True)
    for split, items in names.items():
        lines = [f"{name} {1 + name.startswith('b')} 1 1\n" for name in items]
        (folder / "annotations" / f"{split}.txt").write_text("".join(lines))
        tree(folder, {f"images/{name}.jpg": len(name) for name in items})
    parts = load(tmp_path, 'torchvision("pets", set=OxfordIIITPet)')
    assert parts.classes == ("Abyssinian", "Beagle")
    assert (labels(parts.train), labels(parts.test)) == ([0, 1], [1])
    (folder / "images/beagle_2.jpg").write_bytes(b"nonsense")
    parts = load(tmp_path, 'torchvision("pets", set=OxfordIIITPet, corrupt=skip)')
    assert labels(parts.train) == [0]


def test_a_set_that_isnt_there(tmp_path: Path) -> None:
    torchvision_models()
    code, text = refusal(tmp_path, 'torchvision("pets", set=FashionMNIST)')
    assert code == "E0784"
    assert "torchvision.datasets.FashionMNIST(PATH, download=True)" in text


@pytest.mark.parametrize("name", SETS)
def test_every_set_is_called_as_it_wants(name: str) -> None:
    torchvision_models()
    from torchvision import datasets

    found = getattr(datasets, name)
    accepted = inspect.signature(found).parameters
    for arguments in CALLS[name].parts.values():
        assert set(arguments) <= set(accepted)
        if "split" in arguments:
            assert f'"{arguments["split"]}"' in inspect.getsource(found)
    source = "".join(inspect.getsource(each) for each in found.__mro__[:-1])
    for attribute in (CALLS[name].labels, CALLS[name].classes):
        assert not attribute or f"self.{attribute}" in source or f"    {attribute}" in source


def test_every_set_has_a_call() -> None:
    assert set(CALLS) == set(SETS)


def test_the_error_is_one_of_ours(tmp_path: Path) -> None:
    with pytest.raises(NetlangError):
        load(tmp_path, HUGGING)
