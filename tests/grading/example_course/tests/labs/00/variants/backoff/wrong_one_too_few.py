# caught by: "Five attempts need five waits"
# belief: The last attempt is not waited for.
def backoff(base, cap, attempts):
    return [min(cap, base * 2**n) for n in range(attempts - 1)]
