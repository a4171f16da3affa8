def backoff(base, cap, attempts):
    waits, wait = [], base
    for _ in range(attempts):
        waits.append(min(wait, cap))
        wait *= 2
    return waits
