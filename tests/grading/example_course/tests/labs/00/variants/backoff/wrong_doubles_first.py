# caught by: "the first wait is 3 s, and yours is 6 s"
# belief: The first retry already backs off.
def backoff(base, cap, attempts):
    return [min(cap, base * 2 ** (n + 1)) for n in range(attempts)]
