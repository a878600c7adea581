"""Fills the template of a script with a recipe's decisions.

A line that ends in ``#? a !b`` is written if `a` holds and `b` doesn't. ``$name`` stands for one of
the recipe's texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from string import Template

__all__ = [
    "ABOUT", "BATCHES", "END", "EVALUATE", "LOOP", "MAIN", "OBSERVE", "SAVE", "UNIFORM", "VALIDATE",
    "WATCH", "filled",
]  # fmt: skip


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

UNIFORM = '''
def uniform(epoch, numbers, place, count):
    """`count` numbers of [0, 1) for each example, alike in any process: `[len(numbers), count]`."""
    key = mix(mix(mix(torch.tensor([AUGMENT])) + epoch) + numbers) + place
    key = mix(mix(key)[:, None] + torch.arange(count))
    return (key >> 11 & 0x1FFFFFFFFFFFFF).double() * 2.0**-53
'''

BATCHES = '''
def epoch_order(seed, epoch, count):  #? orders
    """The order of `count` examples in an epoch: a permutation."""  #? orders
    key = mix(mix(torch.tensor([seed])) + epoch + 0x5EED) + torch.arange(count)  #? orders
    return mix(key).argsort(stable=True)  #? orders
  #? orders
  #? orders
def batches(count, epoch):
    """This process' examples of each batch of an epoch; a single example makes no batch."""
    key = mix(mix(torch.tensor([ORDER])) + epoch + 0x5EED) + torch.arange(count)  #? !orders
    order = mix(key).argsort(stable=True)  #? !orders !images
    order = (mix(key).argsort(stable=True) + epoch * count).tolist()  #? !orders images
    order = epoch_order(ORDER, epoch, count)  #? orders !images
    order = (epoch_order(ORDER, epoch, count) + epoch * count).tolist()  #? orders images
    whole = [order[at : at + BATCH] for at in range(0, max(1, count - 1), BATCH)]
    whole = [each if len(each) >= SIZE else each * SIZE for each in whole]  #? images
    whole = [each if len(each) >= SIZE else each.repeat(SIZE) for each in whole]  #? !images
    return [$share for each in whole]  #? !mixes
    found = []  #? mixes
    for each in whole:  #? mixes
        first, last = len(each) * RANK // SIZE, len(each) * (RANK + 1) // SIZE  #? mixes
        places = range(first - $before, last)  # with what the first ones are mixed with  #? mixes
        found.append([each[place % len(each)] for place in places])  #? mixes images
        found.append(each[[place % len(each) for place in places]])  #? mixes !images
    return found  #? mixes
'''

EVALUATE = '''
@torch.no_grad()
def evaluate($evaluated):
    """Mean loss and accuracy; each example counts once."""  #? logits
    """The mean loss; each example counts once."""  #? !logits
    model.eval()
    sums = torch.zeros(2, dtype=torch.float64)  #? logits
    sums = torch.zeros(1, dtype=torch.float64)  #? !logits
    own = range(RANK, len(examples.files), SIZE)  #? images
    for x, label, _ in DataLoader($tested_by):  #? images !scales
        x, label = $start, label.to(DEVICE)  #? images !scales
    for views, label in by_size(DataLoader($tested_by, collate_fn=list)):  #? images scales
        seen, label = [], label.to(DEVICE)  #? images scales
        for x in views:  #? images scales
            x = $start  #? images scales
    for numbers in torch.arange(RANK, len(examples[0]), SIZE).split($chunk):  #? !images
        $memory = (each[numbers].to(DEVICE) for each in examples)  #? !images
        seen, images = [], x  #? !images scales
        for side in $sides:  #? !images scales
            x = $start  #? !images scales
$prepared
        with torch.autocast(torch.device(DEVICE).type, $half):  #? half !scales
            $deployed = model($tested)  #? half !scales
        $deployed = model($tested)  #? !half !scales
            with torch.autocast(torch.device(DEVICE).type, $half):  #? half scales
                seen.append(model($tested))  #? half scales
            seen.append(model($tested))  #? !half scales
$floats
$averaged
$score
$judged
        sums += torch.stack([loss * len($counted), $right]).cpu()  #? logits
        sums += (loss * len($counted)).cpu()  #? !logits
    model.train()  #? !freeze held
    set_training(model, $frozen)  #? freeze held
    if SIZE > 1:
        dist.all_reduce(sums)
    return (sums / $count).tolist()  #? logits
    return (sums / $count).item()  #? !logits
'''

MAIN = '''
def main():
    """Train, or go on from the last checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)  #? !percent
    parser = argparse.ArgumentParser(description=__doc__.replace("%", "%%"))  #? percent
    parser.add_argument("--data", required=True, help="$folder")  #? placed !named
    parser.add_argument("--data", default=$place, help="$folder (%(default)s)")  #? named
    parser.add_argument("--weights", required=True, help="file of trained weights")  #? pretrained
    parser.add_argument("--workers", type=int, default=4, help="processes (%(default)s)")  #? images
    parser.add_argument("--out", default="checkpoint.pth", help="file of the state (%(default)s)")
    parser.add_argument("--every", type=int, default=10, help="steps per report (%(default)s)")
    args = parser.parse_args()
    loading = {"num_workers": args.workers, "generator": torch.Generator()}  #? images draws
    say = print if RANK == 0 else lambda text: None
    if SIZE > 1:
        dist.init_process_group()
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = $tf32
    torch.set_num_threads(1)  #? one_thread
$parts
$crowded
$split
$learned
    torch.manual_seed($weights_seed)
    model = $model()  #? started
    model = $model().to(DEVICE)  #? !started
$start_weights
    model.to(DEVICE)  #? started !channels_last
    model.to(DEVICE, memory_format=torch.channels_last)  #? channels_last
    model = nn.SyncBatchNorm.convert_sync_batchnorm(model) if SIZE > 1 else model  #? sync
    freeze(model, $frozen)  #? freeze
    set_training(model, $frozen)  #? freeze
    optimizer = $optimizer
$penalized
    torch.manual_seed($noise_seed + RANK)  #? draws
    kept = {"model": model, "optimizer": optimizer}  #? !only
    scaler = kept["scaler"] = torch.amp.GradScaler(torch.device(DEVICE).type)  #? fp16
    averaged = kept["averaged"] = copy.deepcopy(model).requires_grad_(False).eval()  #? ema
    pairs = averaged_pairs(averaged, model)  #? ema
    run = {$run}
    if os.path.exists(args.out):
        saved = torch.load(args.out, map_location="cpu", weights_only=True)
        run = saved["run"]
        torch.set_rng_state(saved["random"])  #? draws
        torch.cuda.set_rng_state_all(saved["cuda"])  #? draws
        for name, each in kept.items():  #? !only
            each.load_state_dict(saved[name])  #? !only
        model.load_state_dict(saved["model"])  #? only
        optimizer.load_state_dict(saved["optimizer"])  #? only
    net = nn.parallel.DistributedDataParallel(model) if SIZE > 1 else model  #? !unused
    net = model  #? unused
    if SIZE > 1:  #? unused
        net = nn.parallel.DistributedDataParallel(model, find_unused_parameters=True)  #? unused
    net = torch.compile(net)  #? compile
    weights = [each for each in model.parameters() if each.requires_grad]  #? clips
    step, epoch_steps = run["step"], len(batches($examples, 0))
    steps, losses, unread = $steps, torch.zeros((), device=DEVICE), 0
'''

LOOP = """
    while step < steps:  #? !early
    while step < steps and run["waiting"] < $patience:  #? early
        epoch = step // epoch_steps
        rest = batches($examples, epoch)[step % epoch_steps :][: steps - step]
        for x, label, numbers in DataLoader($trained_by):  #? images
        for numbers in rest:  #? !images
            whole = min(BATCH, $examples - step % epoch_steps * BATCH)
            whole *= 1 if whole >= SIZE else SIZE  # of a tiny batch each process has all
            $memory = (each[numbers].to(DEVICE) for each in train)  #? !images
            x, label = augment(x.to(DEVICE), $both, numbers, epoch$statistics)  #? mixes images
            x, label = augment(x.to(DEVICE), numbers, epoch$statistics), $both  #? !mixes images
            $mixed = augment($mixed, numbers, epoch$statistics)  #? together !images
            x = augment(x, numbers, epoch$statistics)  #? !together !images changes
$ordered
            optimizer.zero_grad()
$body
$rates
            scaler.unscale_(optimizer)  #? fp16
            nn.utils.clip_grad_value_(weights, $clip_value)  #? clip_value
            nn.utils.clip_grad_norm_(weights, $clip_norm)  #? clip_norm
            optimizer.step()  #? !fp16
            scaler.step(optimizer)  #? fp16
            scaler.update()  #? fp16
            average(pairs, $ema if step else 0.0)  #? ema
            step, unread = step + 1, unread + 1
            saving = step % $checkpoint_every == 0 or step == steps  #? apart
            evaluating = step % $evaluate_every == 0 or step == steps  #? apart
            if saving or evaluating or step % args.every == 0:  #? apart
            if step % args.every == 0 or step % epoch_steps == 0 or step == steps:  #? nested
            saving = step % $checkpoint_every == 0 or step == steps  #? !nested !apart
            if saving or step % args.every == 0:  #? !nested !apart
                if SIZE > 1:
                    dist.all_reduce(losses)
                say(f"step {step}: loss {losses.item() / unread!r}")
                run["since"] += losses.item()  #? by_losses
                losses, unread = torch.zeros_like(losses), 0
"""

# At the end of each epoch, or after a step: the error, by the losses or by a part held out.
WATCH = """
error = run["since"] / ((step - 1) % $evaluate_every + 1)  #? by_losses
run |= {$noted}  #? plateau
"""

VALIDATE = """
loss, accuracy = evaluate($scored, held$more)  #? logits
loss = evaluate($scored, held$more)  #? !logits
say(f"step {step}: validation loss {loss}, accuracy {accuracy}")  #? logits
say(f"step {step}: validation loss {loss}")  #? !logits
error = 1.0 - accuracy  #? logits
error = loss  #? !logits
run["waiting"] += 1  #? early
if (error, loss) < run["error"]:  #? logits
if error < run["error"]:  #? !logits
    run |= {"error": $error, "best": copy.deepcopy($scored.state_dict())}  #? !early
    best = copy.deepcopy($scored.state_dict())  #? early
    run |= {"error": $error, "best": best, "waiting": 0}  #? early
"""

OBSERVE = """
$observed
saving = saving or run["waiting"] == $patience  #? early !nested
"""

SAVE = """
run["step"] = step  #? !nested
if saving and RANK == 0:  #? !nested
run["step"] = step  #? nested !plateau
if RANK == 0:  #? nested
    saved = {name: each.state_dict() for name, each in kept.items()}  #? !only
    saved = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "run": run}  #? only
    saved["run"] = run  #? !only
    saved |= {"random": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state_all()}  #? draws
    torch.save(saved, args.out + ".new")
    os.replace(args.out + ".new", args.out)
if run["waiting"] == $patience:  #? early !nested
    break  #? early !nested
"""

END = """
    if run["best"]:  #? held
        $scored.load_state_dict(run["best"])  #? held
    say(f"done: {step} steps, whose state is in {args.out}")  #? !tested
    if test$test_files:  #? maybe_test
$finally
    if SIZE > 1:
        dist.destroy_process_group()
"""
