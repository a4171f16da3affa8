# caught by: "With a cap of 10 s"
# belief: Growth never hurts.
def backoff(base, cap, attempts):
    return [base * 2**n for n in range(attempts)]
