# caught by: "nobody tells the queue that the last attempt failed"
# belief: The dead-letter queue takes an order when its last attempt fails.
def seconds_until_dead(visibility_timeout, max_receive_count, duration):
    return visibility_timeout * (max_receive_count - 1) + duration
