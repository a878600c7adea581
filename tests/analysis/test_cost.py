"""Parameters and work against torch, torchvision's published figures and a count written out."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.analysis.cost import NOTHING, Costs, Totals, at_sizes, formula, total
from netlang.analysis.facts import facts
from netlang.elaborate import load_program
from netlang.ir.dims import Dim, evaluate
from netlang.ir.program import Function, Program
from netlang.records import replace
from tests.analysis.oracles import counted_flops, torchvision_models
from tests.oracle import on_meta

NETS = Path(__file__).parent / "nets"

# torchvision 0.28.0, metadata of the weights: parameters, 10^9 MACs at 224 x 224.
PUBLISHED = {
    "resnet18": (11_689_512, 1.814),
    "resnet34": (21_797_672, 3.664),
    "resnet50": (25_557_032, 4.089),
    "resnet101": (44_549_160, 7.801),
    "resnet152": (60_192_808, 11.514),
    "googlenet": (6_624_904, 1.498),
    "mobilenet_v2": (3_504_872, 0.301),
}


def net(name: str) -> Program:
    return load_program(f"{NETS / 'shapes.net'}:{name}")


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_figures(name: str) -> None:
    found = facts(load_program(name))
    assert (found.params, round(found.macs / 1e9, 3)) == PUBLISHED[name]


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("size", [(224, 224), (193, 250)])
def test_flops_equal_torch(name: str, size: tuple[int, int]) -> None:
    found = facts(load_program(name)).value("flops", {"H": size[0], "W": size[1]}, batch=3)
    assert found == counted_flops(on_meta(name), (3, 3, *size))


def test_auxiliary_parameters_equal_torchvision() -> None:
    model = torchvision_models().googlenet(weights=None, aux_logits=True, init_weights=False)
    heads = [*model.aux1.parameters(), *model.aux2.parameters()]
    assert facts(load_program("googlenet")).auxiliary_params == sum(p.numel() for p in heads)


def written_out(function: Function, sizes: dict[str, int], deployed: bool = True) -> Totals:
    """Every node counted one by one, for functions whose weights are not shared."""

    def measure(dim: Dim) -> int:
        return evaluate(dim, sizes)

    parts = []
    for node in function.nodes:
        if deployed and node.auxiliary:
            continue
        if isinstance(node.callee, Function):
            parts.append(written_out(node.callee, sizes))
            continue
        inputs = function.input_types(node)
        cost, weights = node.callee.cost(inputs), node.callee.weights(inputs)
        parts.append(
            Totals(
                trainable=sum(w.elements for w in weights if w.trainable and not w.buffer),
                frozen=sum(w.elements for w in weights if not w.trainable and not w.buffer),
                buffers=sum(w.elements for w in weights if w.buffer),
                macs=measure(cost.macs),
                other=measure(cost.other),
                memory=sum(t.dtype.size * evaluate(t.elements, sizes) for t in node.types),
            )
        )
    return total((1, part) for part in parts)


@pytest.mark.parametrize("spec", [*PUBLISHED, "unet", "se_resnet50", "vae", "xor", "cnn", "rnn"])
def test_folded_sum_equals_sum_over_all_nodes(spec: str) -> None:
    program = load_program(spec)
    sizes = program.defaults
    assert Costs(at_sizes(sizes)).of(program.net).deployed == written_out(program.net, sizes)


def test_nested_repeats_equal_sum_over_all_nodes() -> None:
    program = net("staged")
    sizes = program.defaults
    assert Costs(at_sizes(sizes)).of(program.net).deployed == written_out(program.net, sizes)


@pytest.mark.parametrize("spec", ["resnet50", "googlenet", "unet", "mobilenet_v2", "rnn"])
def test_formulas_give_the_figures(spec: str) -> None:
    program = load_program(spec)
    found = Costs(formula).of(program.net).deployed
    for sizes in (program.defaults, {**program.defaults, "N": 5, "H": 160, "W": 320}):
        numbers = Costs(at_sizes(sizes)).of(program.net).deployed
        assert evaluate(found.macs, sizes) == numbers.macs
        assert evaluate(found.other, sizes) == numbers.other
        assert evaluate(found.memory, sizes) == numbers.memory


def test_repeats_are_not_written_out() -> None:
    program = net("repeated")
    found = facts(program)
    assert found.params == 3 * 8 * 9 + 8 + 16 + 1_000_000 * (8 * 8 * 9 + 8 + 16) + 8 * 10 + 10
    assert found.macs == 1024 * (3 * 8 * 9 + 1_000_000 * 8 * 8 * 9) + 80
    assert "nodes" not in vars(program.net)


def test_reused_weights_count_once_and_their_work_every_time() -> None:
    found = facts(net("reusing"))
    assert found.params == (4 * 4 * 9 + 4 + 8) + 4 * 4
    assert found.macs == 256 * 2 * (4 * 4 * 9 + 4 * 4)


def test_auxiliary_steps_are_counted_apart() -> None:
    cost = facts(net("assisted")).cost()
    assert cost.deployed.params == (4 * 4 * 9 + 4 + 8) + (4 * 6 * 9 + 6 + 12)
    assert cost.auxiliary.params == (4 * 5 * 9 + 5 + 10) + (4 * 7 + 7) + (7 * 2 + 2)
    assert cost.auxiliary.macs == 256 * (4 * 5 * 9 + 4 * 7 + 7 * 2)


def test_learned_tensors_have_no_batch() -> None:
    found = facts(net("learned")).cost(batch=7).deployed
    assert found.params == 4
    assert found.memory == 4 * (4 + 7 * 4 * 8 * 8)


def test_a_size_that_an_operator_is_given_is_put_in(tmp_path: Path) -> None:
    path = tmp_path / "sized.net"
    path.write_text(
        "block up { gap -> conv(6, 1x1) -> upsample(size=in.shape[1:], mode=bilinear) }\n"
        "net a { input image: [3, H=4, W=6]; up }\n"
    )
    cost = facts(load_program(str(path))).cost({"H": 8, "W": 10}).deployed
    # the mean, the bias, and 4 products and 3 sums for each output
    assert cost.other == 3 * 80 + 6 + 6 * 80 * 7


def test_totals_add_up() -> None:
    one = Totals(1, 2, 3, 4, 5, 6)
    assert total([]) == NOTHING
    assert total([(2, one), (1, NOTHING)]) == Totals(2, 4, 6, 8, 10, 12)
    assert one.without_weights() == replace(one, trainable=0, frozen=0, buffers=0)
    assert one.params == 3


def test_facts_by_name() -> None:
    found = facts(load_program("resnet50"))
    assert found.value("params") == found.params == found.trainable_params
    assert found.value("memory") == found.memory
    assert found.value("receptive_field") == 427
    assert found.value("macs", {"H": 448, "W": 448}) == 4 * (found.macs - 2_048_000) + 2_048_000
    assert found.output_shapes == {"output": (1000,)}
    assert found.contributors("params", 2) == (
        ("layer4.0.conv2", 2_359_296),
        ("layer4.1.conv2", 2_359_296),
    )
    assert str(found.formula("macs")).endswith("2048000*N")


def test_an_argument_that_is_a_size_of_the_input_counts_at_every_size() -> None:
    for sizes in ({}, {"H": 32, "W": 20}):
        height, width = sizes.get("H", 16), sizes.get("W", 12)
        bias, interpolation = 4 * height * width // 4, 7 * 4 * height * width
        found = facts(net("resized")).value("other_ops", sizes)
        assert found == bias + interpolation


@pytest.mark.parametrize(
    ("floats", "size"), [("float16", 2), ("bfloat16", 2), ("float32", 4), ("float64", 8)]
)
def test_memory_is_in_bytes_of_the_elements(floats: str, size: int, tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    path.write_text(
        f"net a {{\n    input x: {floats}[2, 4, 4]\n"
        "    pooled: maxpool(2x2, return_indices=true)\n"
        "    output y: pooled.output -> relu\n    output z: pooled.indices -> identity\n}\n",
        encoding="utf-8",
    )
    elements = 2 * 2 * 2  # of each of four outputs, two of them indices of 8 bytes
    assert facts(load_program(str(path))).memory == elements * (2 * size + 2 * 8)
