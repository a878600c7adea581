"""The text of a script around what the recipe decides.

A line that ends in ``#? a !b`` is written if `a` holds and `b` doesn't. ``$name`` stands for a text
of the recipe.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from string import Template

__all__ = ["ABOUT", "MAIN", "filled"]


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
"""Train `$net` as recipe `$recipe` of $file says: python train.py$options

On several devices: torchrun --nproc-per-node 2 train.py$options. Written by netlang $version.
"""
'''

MAIN = '''
def share(items, rank=RANK, size=SIZE):
    """What a process has of some things."""
    return items[len(items) * rank // size : len(items) * (rank + 1) // size]


def batches(count, epoch):
    """This process' examples of each batch of an epoch, and the epoch."""
    order = [(number, epoch) for number in epoch_order(ORDER, epoch, count)]
    starts = range(0, max(1, count - 1), BATCH)  # a single example makes no batch
    return [share(order[start : start + BATCH]) for start in starts]  #? !mixes
    whole = [order[start : start + BATCH] for start in starts]  #? mixes
    before = [each[len(each) * RANK // SIZE - 1] for each in whole]  #? mixes
    return [[first, *share(each)] for first, each in zip(before, whole)]  #? mixes


@torch.no_grad()
def evaluate(model, examples, workers):
    """Mean loss and accuracy; each example counts once."""
    model.eval()
    own = share([(number, 0) for number in range(len(examples))])
    chunks = [own[start : start + BATCH] for start in range(0, len(own), BATCH)]
    sums = torch.zeros(2, dtype=torch.float64)
    for x, label, _ in DataLoader(examples, batch_sampler=chunks, num_workers=workers):  #? !draws
    apart = torch.Generator()  # the loader takes no numbers from dropout's stream  #? draws
    loader = DataLoader(  #? draws
        examples, batch_sampler=chunks, num_workers=workers, generator=apart  #? draws
    )  #? draws
    for x, label, _ in loader:  #? draws
        x, label = x.to(DEVICE), label.to(DEVICE)
$prepared
        with torch.autocast(DEVICE.type, $half):  #? half
            $deployed = model($tested)  #? half
        $deployed = model($tested)  #? !half
        $logits = $logits.float()  #? half
        shares = $logits.reshape(len(label), $views, -1).log_softmax(2)  #? views
        $logits = shares.logsumexp(1) - np.log($views)  #? views
        right = ($logits.argmax(1) == label).sum()
        sums += torch.stack([$score * len(label), right]).cpu()
    model.train()  #? !freeze
    set_training(model, $frozen)  #? freeze
    if SIZE > 1:
        dist.all_reduce(sums)
    return (sums / len(examples)).tolist()


def main():
    """Train, or go on from the last checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="folder of the images")  #? images
    parser.add_argument("--workers", type=int, default=4, help="processes that read")  #? images
    parser.add_argument("--out", default="checkpoint.pth", help="file of the state")
    parser.add_argument("--every", type=int, default=10, help="steps between two reports")
    args = parser.parse_args()
    say = print if RANK == 0 else lambda text: None
    if SIZE > 1:
        dist.init_process_group()
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = $tf32
    torch.set_num_threads(1)  #? one_thread
$parts
    order = epoch_order(VALIDATION, 0, len(train))  #? split
    chosen = held_out(order, $validation, np.array(train.labels))  #? split
    train, held = train.only(~chosen, prepare), train.only(chosen, prepare_test)  #? split images
    train, held = train.only(~chosen), train.only(chosen)  #? split !images
$start
    model.to(DEVICE)  #? !channels_last
    model.to(DEVICE, memory_format=torch.channels_last)  #? channels_last
    model = nn.SyncBatchNorm.convert_sync_batchnorm(model) if SIZE > 1 else model  #? sync
    freeze(model, $frozen)  #? freeze
    set_training(model, $frozen)  #? freeze
    optimizer = $optimizer
    torch.manual_seed(NOISE)
    kept = {"model": model, "optimizer": optimizer}
    scaler = kept["scaler"] = torch.amp.GradScaler(DEVICE.type)  #? fp16
    averaged = kept["averaged"] = copy.deepcopy(model).requires_grad_(False).eval()  #? ema
    pairs = averaged_pairs(averaged, model)  #? ema
    run = {"step": 0}  #? !held
    run, best = {"step": 0, "best": math.inf}, None  #? held
    run |= {"since": 0.0, "lowest": math.inf, "waited": 0, "reductions": 0}  #? plateau
    if os.path.exists(args.out):
        saved = torch.load(args.out, map_location="cpu", weights_only=True)
        run, best = saved["run"], saved["best"]  #? held
        run = saved["run"]  #? !held
        torch.set_rng_state(saved["random"])
        torch.cuda.set_rng_state_all(saved["cuda"])  #? draws
        for name, each in kept.items():
            each.load_state_dict(saved[name])
    net = DistributedDataParallel(model) if SIZE > 1 else model
    net = torch.compile(net)  #? compile
    weights = [each for each in model.parameters() if each.requires_grad]  #? clips
    epoch_steps = len(batches(len(train), 0))
    steps, losses, unread = $steps, torch.zeros((), device=DEVICE), 0
    while run["step"] < steps:
        epoch, first = divmod(run["step"], epoch_steps)
        rest = batches(len(train), epoch)[first : first + steps - run["step"]]
        loader = DataLoader(train, batch_sampler=rest, num_workers=$workers)  #? !draws
        apart = torch.Generator()  # the loader takes no numbers from dropout's stream  #? draws
        loader = DataLoader(  #? draws
            train, batch_sampler=rest, num_workers=$workers, generator=apart  #? draws
        )  #? draws
        for x, label, numbers in loader:
            step = run["step"]  #? counts
            whole = min(BATCH, len(train) - run["step"] % epoch_steps * BATCH)
            x, label = augment(x.to(DEVICE), label.to(DEVICE), numbers.numpy(), epoch)  #? mixes
            x, label = augment(x.to(DEVICE), numbers.numpy(), epoch), label.to(DEVICE)  #? !mixes
            x = x.contiguous(memory_format=torch.channels_last)  #? channels_last
            optimizer.zero_grad()
$body
$rates
            scaler.unscale_(optimizer)  #? fp16
            nn.utils.clip_grad_value_(weights, $clip_value)  #? clip_value
            nn.utils.clip_grad_norm_(weights, $clip_norm)  #? clip_norm
            optimizer.step()  #? !fp16
            scaler.step(optimizer)  #? fp16
            scaler.update()  #? fp16
            average(pairs, $ema if run["step"] else 0.0)  #? ema
            run["step"] = step = run["step"] + 1
            unread += 1
            saving = step % $checkpoint_every == 0 or step == steps
            evaluating = step % $evaluate_every == 0 or step == steps  #? apart
            if saving or evaluating or step % args.every == 0:  #? apart
            if saving or step % args.every == 0:  #? !apart
                dist.all_reduce(losses) if SIZE > 1 else None
                say(f"step {step}: loss {losses.item() / unread!r}")
                run["since"] += losses.item()  #? plateau
                losses, unread = torch.zeros_like(losses), 0
            if evaluating:  #? plateau apart
            if saving:  #? plateau !apart
            if evaluating and held:  #? held !plateau apart
            if saving and held:  #? held !plateau !apart
                error = run["since"] / ((step - 1) % $evaluate_every + 1)  #? plateau
                if held:  #? held plateau
                    loss, accuracy = evaluate($scored, held, $workers)  #? held plateau
                    say(f"step {step}: validation {loss}, accuracy {accuracy}")  #? held plateau
                    error = 1.0 - accuracy  #? held plateau
                    if error < run["best"]:  #? held plateau
                        best = copy.deepcopy($scored.state_dict())  #? held plateau
                        run["best"] = error  #? held plateau
                loss, accuracy = evaluate($scored, held, $workers)  #? held !plateau
                say(f"step {step}: validation {loss}, accuracy {accuracy}")  #? held !plateau
                if 1.0 - accuracy < run["best"]:  #? held !plateau
                    best = copy.deepcopy($scored.state_dict())  #? held !plateau
                    run["best"] = 1.0 - accuracy  #? held !plateau
$observed
            if saving and RANK == 0:
                saved = {name: each.state_dict() for name, each in kept.items()}
                saved |= {"run": run, "random": torch.get_rng_state()}
                saved["best"] = best  #? held
                saved["cuda"] = torch.cuda.get_rng_state_all()  #? draws
                torch.save(saved, args.out + ".new")
                os.replace(args.out + ".new", args.out)
    if best:  #? held
        $scored.load_state_dict(best)  #? held
    if test:
        say("test loss {}, accuracy {}".format(*evaluate($scored, test, $workers)))
    if SIZE > 1:
        dist.barrier()
        dist.destroy_process_group()
'''
