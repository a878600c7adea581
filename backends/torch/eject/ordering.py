"""The template of the batches of an epoch: in an order that is drawn, or that of the examples."""

from __future__ import annotations

from netlang.recipes.recipe import Recipe

__all__ = ["BATCHES", "order_flags"]

BATCHES = '''
def epoch_order(seed, epoch, count):  #? orders
    """The order of `count` examples in an epoch: a permutation."""  #? orders
    key = mix(mix(torch.tensor([seed])) + epoch + 0x5EED) + torch.arange(count)  #? orders
    return mix(key).argsort(stable=True)  #? orders
  #? orders
  #? orders
def batches(count, epoch):
    """The examples of each batch of an epoch; a single one makes none."""  #? !single
    """The example of each batch of an epoch."""  #? single
    key = mix(mix(torch.tensor([$order_seed])) + epoch + 0x5EED) + torch.arange(count)  #? inline
    order = mix(key).argsort(stable=True)  #? inline !images
    order = (mix(key).argsort(stable=True) + epoch * count).tolist()  #? inline images
    order = epoch_order($order_seed, epoch, count)  #? called !images
    order = (epoch_order($order_seed, epoch, count) + epoch * count).tolist()  #? called images
    order = torch.arange(count)  #? unshuffled !images
    order = list(range(epoch * count, (epoch + 1) * count))  #? unshuffled images
    whole = [order[at : at + BATCH] for at in range(0, max(1, count - 1), BATCH)]  #? !single
    whole = [order[at : at + 1] for at in range(count)]  #? single
    return [each if len(each) >= SIZE else each * SIZE for each in whole]  #? images !mixes
    return [each if len(each) >= SIZE else each.repeat(SIZE) for each in whole]  #? !images !mixes
    whole = [each if len(each) >= SIZE else each * SIZE for each in whole]  #? images mixes
    whole = [each if len(each) >= SIZE else each.repeat(SIZE) for each in whole]  #? !images mixes
    found = []  #? mixes
    for each in whole:  #? mixes
        first, last = len(each) * RANK // SIZE, len(each) * (RANK + 1) // SIZE  #? mixes
        places = range(first - $before, last)  # with what the first ones are mixed with  #? mixes
        found.append([each[place % len(each)] for place in places])  #? mixes images
        found.append(each[[place % len(each) for place in places]])  #? mixes !images
    return found  #? mixes
'''


def order_flags(recipe: Recipe, *, samples: bool) -> dict[str, bool]:
    """How the order of an epoch is found, for the template.

    Examples that are held out, or a few `samples` of them, are drawn as an order is.
    """
    drawn = samples or recipe.validation is not None
    return {
        "orders": drawn,
        "called": recipe.shuffle and drawn,
        "inline": recipe.shuffle and not drawn,
        "unshuffled": not recipe.shuffle,
    }
