"""Which tests every run takes in part: the others of their cases are in the long run, `-m slow`.

Each of these tests asks one thing of many cases, and costs seconds. A run of everything takes every
sixth of its cases, or one, and others for each test: what one leaves out is among those of the
next. A run of some files takes all cases. `docs/proof.md` says what has moved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import PurePath

import pytest

__all__ = ["IN_PART", "LONG", "taken_long"]

_OF = 6

IN_PART = (
    "tests/advice/test_arithmetic_of_values.py::test_two_operands",
    "tests/analysis/test_again.py::test_nothing_is_claimed_of_it",
    "tests/analysis/test_conditions.py::test_solving_is_linear_in_what_is_written",
    "tests/analysis/test_cost.py::test_flops_equal_torch",
    "tests/analysis/test_explain.py::test_every_layer_of_a_net_adds_up_to_its_facts",
    "tests/campaigns/classes/test_classes.py::test_classes_of_bundled_nets_are_right",
    "tests/campaigns/scaling/test_scaling.py::test_work_grows_as_the_text_does",
    "tests/campaigns/test_campaigns.py::test_a_short_run_finds_nothing",
    "tests/campaigns/test_campaigns.py::test_every_case_trains_as_in_plain_torch",
    "tests/cli/test_every_verb.py::test_names_are_shown_without_control_characters",
    "tests/docs/test_recipes.py::test_section",
    "tests/elaborate/test_expand.py::test_expanded_text_compiles_to_the_same",
    "tests/examples/test_course.py::test_short_run",
    "tests/examples/test_mnist1d.py::test_short_run",
    "tests/graphviz/test_injection.py::test_a_picture_holds_nothing_but_shapes_and_text",
    "tests/importing/test_labels.py::test_a_step_of_a_list_counts_where_it_is_written",
    "tests/importing/test_library.py::test_nets_that_are_others",
    "tests/importing/test_library_blocks.py::test_a_unit_that_differs_in_one_thing_is_written_out",
    "tests/ir/test_verify.py::test_bundled_nets_hold_all_invariants_through_every_rewrite",
    "tests/lint/test_no_false_alarms.py::test_files",
    "tests/onnx/bench/test_layers.py::test_all_work_is_in_some_step",
    "tests/onnx/ends/test_pixels.py::test_the_logits_of_torchvisions_preset",
    "tests/onnx/ends/test_presets.py::test_the_preset_of_the_weights",
    "tests/onnx/importing/test_memory.py::test_weights_are_held_at_most_twice",
    "tests/onnx/importing/test_unpool.py::test_maxima_that_are_put_back",
    "tests/onnx/importing/test_unpool.py::test_places_that_are_others",
    "tests/onnx/precision/test_half.py::test_casts_have_names_of_their_own_and_stand_in_order",
    "tests/onnx/precision/test_half.py::test_values_are_torchs",
    "tests/onnx/test_element_types.py::test_bfloat16_is_valid_in_the_highest_opset",
    "tests/onnx/test_element_types.py::test_reference_computes_in_double_precision",
    "tests/onnx/test_element_types.py::test_runtime_computes_in_half_precision",
    "tests/onnx/test_ends.py::test_runtimes_take_the_ends",
    "tests/onnx/test_functions.py::test_bundled_nets",
    "tests/onnx/test_kernels.py::test_at_every_opset",
    "tests/onnx/test_kernels.py::test_the_runtime_runs_what_is_written",
    "tests/onnx/test_nets.py::test_torchvisions_values",
    "tests/onnx/test_nets.py::test_values_of_torch_modules",
    "tests/onnx/test_operators.py::test_values_are_torchs_in_every_opset",
    "tests/onnx/test_verify_cases.py::test_float64_is_rounded_as_attributes_are",
    "tests/ops/test_against_torch.py::test_macs_are_half_of_torchs_flops",
    "tests/ops/test_against_torch.py::test_plain_sizes_are_refused_exactly_where_torch_refuses",
    "tests/ops/test_against_torch.py::test_symbolic_sizes_run_exactly_where_torch_runs",
    "tests/ops/test_against_torch.py::test_weights_start_as_torchs",
    "tests/robustness/test_bombs.py::test_what_is_accepted_can_be_looked_at",
    "tests/robustness/test_bombs.py::test_what_is_too_long_to_write_out_is_refused",
    "tests/robustness/test_huge_arguments.py::test_nothing_counts_up_to_an_argument",
    "tests/specs/test_fields.py::test_windows_in_steps",
    "tests/specs/test_library.py::test_claims_hold",
    "tests/specs/test_onnx.py::test_emitted_module_has_the_counted_parameters",
    "tests/specs/test_onnx.py::test_file_agrees_with_torch",
    "tests/specs/test_plain.py::test_state_is_that_of_plain_torch",
    "tests/specs/test_plain.py::test_values_are_those_of_plain_torch",
    "tests/specs/test_segmentation.py::test_fcn_is_the_authors",
    "tests/specs/test_timm.py::test_state_is_timms",
    "tests/specs/test_timm.py::test_values_are_timms",
    "tests/specs/test_torchvision.py::test_state_is_theirs",
    "tests/specs/test_torchvision.py::test_values_agree",
    "tests/specs/test_trained.py::test_every_weight_is_trained",
    "tests/syntax/test_format.py::test_a_scrambled_file_gets_its_layout_back",
    "tests/syntax/test_format.py::test_an_odd_file_scrambled",
    "tests/syntax/test_format.py::test_comments_anywhere",
    "tests/syntax/test_robustness.py::test_bodies_nested_to_any_depth_are_explained",
    "tests/syntax/test_robustness.py::test_hostile_text_is_refused_with_little_work",
    "tests/syntax/test_robustness.py::test_work_on_mistakes_in_nested_bodies_is_linear",
    "tests/syntax/test_slips_anywhere.py::test_one_message_whose_fix_is_what_was_meant",
    "tests/test_errors.py::test_all_fixes_together",
    "tests/test_errors.py::test_each_fix_leaves_fewer_errors",
    "tests/torch/test_blocks_alone.py::test_a_class_is_torchvisions_block",
    "tests/torch/test_element_types.py::test_emitted_operator_is_torchs",
    "tests/torch/test_sizes.py::test_accepted_sizes_are_those_that_run",
    "tests/torch/test_source.py::test_it_runs_forwards_and_backwards",
    "tests/torch/test_source.py::test_text_is_as_ruff_writes_it",
    "tests/torch/test_torchvision_parity.py::test_flops_are_the_programs_macs",
    "tests/train/augment/test_policies.py::test_operations_are_torchvisions",
    "tests/train/data/test_packages.py::test_every_set_is_called_as_it_wants",
    "tests/train/doctor/test_planted.py::test_a_planted_mistake_is_found",
    "tests/train/eject/test_clashes.py::test_classes",
    "tests/train/eject/test_clashes.py::test_usual_names",
    "tests/train/eject/test_drawing.py::test_operators",
    "tests/train/eject/test_kept.py::test_weights",
    "tests/train/eject/test_losses.py::test_images",
    "tests/train/eject/test_losses.py::test_in_memory",
    "tests/train/eject/test_models.py::test_equal",
    "tests/train/eject/test_names.py::test_losses",
    "tests/train/eject/test_pixels.py::test_equal",
    "tests/train/eject/test_sources.py::test_losses",
    "tests/train/eject/test_texts.py::test_file_names",
    "tests/train/eject/test_trained.py::test_losses",
    "tests/train/eject/test_turns.py::test_losses_and_weights",
    "tests/train/eject/test_use.py::test_killed_and_resumed",
    "tests/train/faults/test_campaigns.py::test_a_bad_writer_is_noticed",
    "tests/train/faults/test_campaigns.py::test_some_trials",
    "tests/train/initialize/test_families.py::test_families_start_as_torchvisions",
    "tests/train/loading/test_processes.py::test_a_loader_that_nobody_closed",
    "tests/train/test_bundled_recipes.py::test_small_pictures",
    "tests/train/test_snapshots.py::test_a_script_keeps_the_same",
    "tests/train/world/test_shards.py::test_others_go_on",
)
"""Tests of which a run takes a sixth."""

LONG = (
    "tests/campaigns/test_faults.py::test_random_networks_give_a_fault_away",
    "tests/onnx/importing/test_strangers.py::test_the_bytes_of_a_tensor_that_no_message_can_have",
    "tests/torch/test_types.py::test_types_of_some",
    "tests/train/eject/test_losses.py::test_imagenet",
    "tests/train/faults/test_campaigns.py::test_some_trials_with_shared_weights",
    "tests/train/test_workers.py::test_a_run_that_a_terminal_stops",
    "tests/train/world/test_equal.py::test_three",
    "tests/train/world/test_sharded.py::test_three",
    "tests/train/world/test_turns.py::test_three_processes_play_as_one",
)
"""Tests of which a run takes none, since others ask the same of less."""


def taken_long(items: Sequence[pytest.Item]) -> Iterator[pytest.Item]:
    """Those of the collected tests that a run of everything leaves to the long run."""
    named = {*IN_PART, *LONG}
    cases: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        name = _name_of(item)
        if name in named and item.get_closest_marker("slow") is None:
            cases[name].append(item)
    for name in LONG:
        yield from cases[name]
    for number, name in enumerate(IN_PART):
        own = cases[name]
        every = min(_OF, len(own))
        yield from (each for place, each in enumerate(own) if (place + number) % every)


def _name_of(item: pytest.Item) -> str:
    """The file of a test and its function, without the case."""
    path = PurePath(item.path).relative_to(item.config.rootpath).as_posix()
    return f"{path}::{getattr(item, 'originalname', item.name)}"
