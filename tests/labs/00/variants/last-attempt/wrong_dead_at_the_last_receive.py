# caught by: "when it would be received once more"
# belief: The dead-letter queue takes an order at its last attempt.
def seconds_until_dead(visibility_timeout, max_receive_count, duration):
    return visibility_timeout * (max_receive_count - 1)
