"""What can't be compared is refused, and trials without a score have failed."""

from __future__ import annotations

from tests.cli.support import Runner
from tests.searching.test_search import SPEC

RESTORING = """\
net reg {
    input image: [1, 8, 8]
    flatten -> linear(64) -> reshape([1, 8, 8])
}

train reg(lr=1e-3) {
    model:      reg
    data:       digits
    validation: 0.2
    loss:       mse(output, image)
    optimizer:  sgd(lr)
    batch:      1000
    steps:      1
}
"""


def test_losses_of_a_net_that_classifies_nothing_do_not_compare(run: Runner) -> None:
    (run.folder / "reg.net").write_text(RESTORING, encoding="utf-8")
    words = ("search", "reg.net:reg", "--trials", "3", "--device", "cpu", "--quiet")
    said = run.refused(*words, "loss=choice(mse(output, image), l1(output, image))")
    assert said.startswith("error[E0814]: `loss` can't be searched: nothing is classified")


def test_no_trial_has_a_validation_loss(run: Runner) -> None:
    (run.folder / "reg.net").write_text(RESTORING, encoding="utf-8")
    words = ("search", "reg.net:reg", "--trials", "2", "--device", "cpu", "--quiet")
    said = run.refused(*words, "lr=log_uniform(1e20, 1e21)")
    assert "all 2 trials failed; the first one: the validation loss isn't finite" in said


def test_a_trial_that_is_too_large_has_failed(run: Runner) -> None:
    """With more bytes than can be counted, or a size beyond all integers of PyTorch."""
    (run.folder / "tiny.net").write_text(SPEC, encoding="utf-8")
    words = ("search", "tiny.net:tiny", "--trials", "4", "--device", "cpu", "lr=0.1", "--quiet")
    said = run.refused(*words, "width=choice(1000000000000000000, 1000000000000000000000)")
    assert "all 4 trials failed; the first one: E0779: " in said
