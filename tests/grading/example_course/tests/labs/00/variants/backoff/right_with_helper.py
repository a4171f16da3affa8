from itertools import accumulate, repeat

FACTOR = 2


def grown(wait, _):
    return wait * FACTOR


def backoff(base, cap, attempts):
    return [min(cap, wait) for wait in accumulate(repeat(base, attempts), grown)]
