"""The templates of a script's loop, to be filled as those in `template`."""

from __future__ import annotations

__all__ = ["END", "LOOP", "OBSERVE", "PICTURE", "SAVE", "VALIDATE", "WATCH"]

PICTURE = '''
@torch.no_grad()
def draw(model, examples$shown_given):
    """Draw what the net makes of the first examples, as one picture."""
    model.eval()
    first, apart = range(min($shown_count, len(examples.files))), torch.Generator()  #? images
    loader = DataLoader(examples, $shown_count, sampler=first, generator=apart)  #? images
    x, *_ = next(iter(loader))  #? images
    x = $start  #? images
$shown_inputs
$shown_prepared
$shown_drawn
    with torch.autocast(args.device.type, $shown_half):  #? half
        images = model($tested)$shown_place  #? half
    images = model($tested)$shown_place  #? !half
    model.train()  #? !freeze !averages
    set_training(model, $frozen)  #? freeze !averages
    path = args.out.removesuffix(".pth") + f"-samples-{step:07}.png"
    Image.fromarray(grid_of($shown_within.clamp(0, 1).cpu())).save(path)
'''

LOOP = """
    while step < $end:  #? !early
    while step < $end and run["waiting"] < $patience:  #? early
        epoch = step // epoch_steps  #? draws_by_epoch
        $planned = batches($examples, $epoch)[step % epoch_steps :]$limit
        own = [$share for each in plan]  #? !mixes
        for x, label, numbers in DataLoader($trained_by):  #? images mixes
        for numbers in rest:  #? !images mixes
$loaded
        for numbers, whole in zip(own, plan, strict=True):  #? !images !mixes
            whole = min(BATCH, $examples - step % epoch_steps * BATCH)  #? mixes
            whole *= 1 if whole >= SIZE else SIZE  # of a tiny batch each process has all  #? mixes
            $memory = (each[numbers].to(args.device) for each in train)  #? !images
            x, label = augment(x.to(args.device), $both, numbers, epoch$statistics)  #? mixes images
            x, label = x.to(args.device).movedim(-1, -3) / 255.0, $both  #? by_workers
            x, label = augment(x.to(args.device), numbers, epoch$statistics), $both  #? batched
            $mixed = augment($mixed, numbers, epoch$statistics)  #? together !images
            x = augment(x, numbers, epoch$statistics)  #? !together !images changes
$drawn
$ordered
            optimizer.zero_grad()  #? !turns
$body
$rates
            scaler.unscale_(optimizer)  #? fp16
            nn.utils.clip_grad_value_(clipped, $clip_value)  #? clip_value !turns
            nn.utils.clip_grad_norm_(clipped, $clip_norm)  #? clip_norm !turns
            optimizer.step()  #? !fp16 !turns
            scaler.step(optimizer)  #? fp16
            scaler.update()  #? fp16
            average(pairs, $ema if step else 0.0)  #? ema
            step, unread = step + 1, unread + 1
$averaging
$snapshots
            if RANK == 0 and ($shown_due):  #? samples
                draw($shown_model, $shown_examples$shown_given)  #? samples
            saving = step % $checkpoint_every == 0 or step == steps  #? apart
            evaluating = step % $evaluate_every == 0 or step == steps  #? apart
            if saving or evaluating or step % args.every == 0:  #? apart
            if step % args.every == 0 or step % epoch_steps == 0 or step == steps:  #? by_steps
            if step % args.every == 0 or step % epoch_steps == 0:  #? nested by_epochs
            saving = step % $checkpoint_every == 0 or step == steps  #? !nested !apart
            if saving or step % args.every == 0:  #? !nested !apart
                if SIZE > 1:
                    dist.all_reduce(losses)
                    for each in turns.values():  #? turns
                        dist.all_reduce(each)  #? turns
                say(f"step {step}: loss {losses.item() / unread!r}")  #? !turns
                means = {k: sum.item() / made[k] for k, sum in turns.items() if made[k]}  #? turns
                shown = "".join(f", {name} {mean!r}" for name, mean in means.items())  #? turns
                say(f"step {step}: loss {losses.item() / unread!r}{shown}")  #? turns
                run["since"] += losses.item()  #? by_losses
                losses, unread = 0, 0  #? !turns
                for each in (losses, *turns.values()):  #? turns
                    each.zero_()  #? turns
                unread, made = 0, dict.fromkeys(players, 0)  #? turns
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
run["step"] = step  #? !nested !plain
if saving and RANK == 0:  #? !nested
run["step"] = step  #? nested !plateau !plain
if RANK == 0:  #? nested
    saved = {name: each.state_dict() for name, each in kept.items()}  #? !only
    saved = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), $state}  #? only
    saved |= {$state}  #? !only
    saved |= {"random": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state_all()}  #? draws
    torch.save({**saved, $beside}, args.out + ".new")
    os.replace(args.out + ".new", args.out)
    if run["best"]:  #? held !averages
        torch.save({"model": run["best"], $beside}, weights + ".new")  #? held !averages
        os.replace(weights + ".new", weights)  #? held !averages
    best = run["best"] or $scored.state_dict()  #? held averages
    torch.save({"model": best, $beside}, weights + ".new")  #? held averages
    torch.save({"model": $scored.state_dict(), $beside}, weights + ".new")  #? averages !held
    os.replace(weights + ".new", weights)  #? averages
if run["waiting"] == $patience:  #? early !nested
    break  #? early !nested
"""

END = """
    if run["best"]:  #? held
        $scored.load_state_dict(run["best"])  #? held
    if test$test_files:  #? maybe_test
$finally
    say(f"{step} steps: weights and state are in {args.out}")  #? !apart_weights
    weights = weights if run["best"] else args.out  #? held !averages
    say(f"{step} steps: weights are in {weights}, the state is in {args.out}")  #? apart_weights
    if SIZE > 1:
        dist.destroy_process_group(dist.barrier())  # once the last messages are through
"""
