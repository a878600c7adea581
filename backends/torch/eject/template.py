"""Fills the template of a script with a recipe's decisions.

A line that ends in ``#? a !b`` is written if `a` holds and `b` doesn't. ``$name`` stands for one of
the recipe's texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from string import Template

__all__ = ["ABOUT", "CHANCES", "EVALUATE", "MAIN", "filled"]


def filled(template: str, holds: Set[str], texts: Mapping[str, str]) -> list[str]:
    """The lines of a template that are written."""
    lines = []
    for line in template.strip("\n").split("\n"):
        text, mark, conditions = line.partition("  #? ")
        wanted = conditions.split()
        if mark and not all((each.lstrip("!") in holds) != (each[0] == "!") for each in wanted):
            continue
        made = Template(text).substitute(texts)
        lines += made.split("\n") if made or not text else []
    return lines


ABOUT = '''
"""Train `$net` by recipe `$recipe` of $file, also by torchrun. By netlang $version."""  #? !long
"""Train `$net` by recipe `$recipe` of $file.  #? long
  #? long
On one device: `python train.py$options`.  #? long
On several devices: `torchrun --nproc-per-node 2 train.py$options`.  #? long
Written by netlang $version.  #? long
"""  #? long
'''

CHANCES = '''
def chances(epoch, numbers, place, count):
    """For each example `count` numbers of [0, 1)."""
    key = mix(mix(mix(mix(torch.tensor([$seed])) + epoch) + numbers) + place)[:, None]
    return (mix(key + torch.arange(count)) >> 11 & 0x1FFFFFFFFFFFFF).double() * 2.0**-53
'''

EVALUATE = '''
@torch.no_grad()
def evaluate($evaluated):
    """Mean loss and accuracy; each example counts once."""  #? logits !turns
    """The mean loss; each example counts once."""  #? !logits !turns
    """Let batch norms collect the statistics of all examples."""  #? turns
    model.eval()
$with_norms
    sums = torch.zeros(2, dtype=torch.float64)  #? logits !turns
    sums = torch.zeros(1, dtype=torch.float64)  #? !logits !turns
$own
    for x, label$unread in DataLoader($tested_by):  #? images !scales
        x, label = $start, label.to(args.device)  #? images !scales
    for views, label in by_size(DataLoader($tested_by, collate_fn=list)):  #? images scales
        seen, label = [], label.to(args.device)  #? images scales
        for x in views:  #? images scales
            x = $start  #? images scales
    for numbers in torch.arange($sliced).split($chunk):  #? !images
        $memory = (each[numbers].to(args.device) for each in examples)  #? !images
        seen, images = [], x  #? !images scales
        for side in $sides:  #? !images scales
            x = $start  #? !images scales
$prepared
$test_drawn
        with torch.autocast(args.device.type, $half):  #? half !scales
            $deployed = model($tested)  #? half !scales
        $deployed = model($tested)  #? !half !scales
            with torch.autocast(args.device.type, $half):  #? half scales
                seen.append(model($tested))  #? half scales
            seen.append(model($tested))  #? !half scales
$floats
$averaged
$score
$judged
        sums += torch.stack([loss * len($counted), $right]).cpu()  #? logits !turns
        sums += (loss * len($counted)).cpu()  #? !logits !turns
    model.train()  #? !freeze held !ema
    set_training(model, $frozen)  #? freeze held !ema
$released
    if SIZE > 1:  #? !turns
        dist.all_reduce(sums)  #? !turns
    return (sums / $count).tolist()  #? logits !turns
    return (sums / $count).item()  #? !logits !turns
'''

MAIN = '''
def main():
    """Train, or go on from the last checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)  #? !percent
    parser = argparse.ArgumentParser(description=__doc__.replace("%", "%%"))  #? percent
    parser.add_argument("--data", required=True, help="$folder")  #? placed !named
    parser.add_argument("--data", default=$place, help="$folder (%(default)s)")  #? named
    parser.add_argument("--weights", required=True, help="file of trained weights")  #? pretrained
    workers = min(4, os.cpu_count() or 1)  #? images
    parser.add_argument("--workers", type=int, default=workers, help="(%(default)s)")  #? images
    parser.add_argument("--device", type=torch.device, default=DEVICE, help="(%(default)s)")
    parser.add_argument("--out", default="$file", help="checkpoint (%(default)s)")
    parser.add_argument("--every", type=int, default=10, help="steps per report (%(default)s)")
    args = parser.parse_args()
    if not os.path.isdir(os.path.dirname(args.out) or "."):
        raise SystemExit(f"there is no folder for {args.out}: give another --out")
    weights = args.out.removesuffix(".pth") + "-weights.pth"  #? apart_weights
    loading = {"num_workers": args.workers, "generator": torch.Generator()}  #? images draws
    say = print if RANK == 0 else lambda text: None
    if SIZE > 1 and args.device.type != "cuda":  #? sync
        raise SystemExit("sync_batch_norm needs GPUs: PyTorch's has no other form")  #? sync
    if SIZE > 1:
        dist.init_process_group()
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = $tf32
    torch.set_num_threads(1)  # to share so little work takes longer  #? one_thread
$parts
$unscored
$crowded
$split
$learned
    torch.manual_seed($weights_seed)
    model = $model()  #? started
    model = $model().to(args.device)  #? !started
$start_weights
    model.to(args.device)  #? started !channels_last
    model.to(args.device, memory_format=torch.channels_last)  #? channels_last
    model = nn.SyncBatchNorm.convert_sync_batchnorm(model) if SIZE > 1 else model  #? sync
    freeze(model, $frozen)  #? freeze
    set_training(model, $frozen)  #? freeze
    optimizer = $optimizer  #? !turns
$players
$penalized
    torch.manual_seed($noise_seed + RANK)  #? draws
    kept = {"model": model, "optimizer": optimizer}  #? !only !turns
    kept = {"model": model} | {f"{k} optimizer": each for k, each in optimizers.items()}  #? turns
    scaler = kept["scaler"] = torch.amp.GradScaler(args.device.type)  #? fp16
    averaged = kept["averaged"] = copy.deepcopy(model).requires_grad_(False).eval()  #? averages
    pairs = averaged_pairs(averaged, model)  #? averages
    facts = {$facts}
    run = {$run}  #? !plain
    saved = {"step": 0}  #? plain
    if os.path.exists(args.out):
        saved = torch.load(args.out, map_location="cpu", weights_only=True)
        if saved.get("facts") != facts:
            raise SystemExit(f"{args.out} is of another recipe or other data: give another --out")
        run = saved["run"]  #? !plain
        torch.set_rng_state(saved["random"])  #? draws
        torch.cuda.set_rng_state_all(saved["cuda"])  #? draws
        for name, each in kept.items():  #? !only
            each.load_state_dict(saved[name])  #? !only
        model.load_state_dict(saved["model"])  #? only
        optimizer.load_state_dict(saved["optimizer"])  #? only
    net = nn.parallel.DistributedDataParallel(model) if SIZE > 1 else model  #? !unused !turns
    net = model  #? unused
    if SIZE > 1:  #? unused
        net = nn.parallel.DistributedDataParallel(model, find_unused_parameters=True)  #? unused
    net = model  #? turns
    net = torch.compile(net)  #? compile
    clipped = [each for each in model.parameters() if each.requires_grad]  #? clips !turns
    shown = copy.copy(train)  #? samples images
    shown.prepare = prepare_test  #? samples images
    step, losses, unread, epoch_steps = $state_of["step"], 0, 0, len(batches($examples, 0))
    losses = torch.zeros((), device=args.device)  #? turns
    turns = {name: torch.zeros((), device=args.device) for name in players}  #? turns
    made = dict.fromkeys(players, 0)  # steps of each  #? turns
$averaging_from
    steps = $steps  #? !by_epochs
$overrun
'''
