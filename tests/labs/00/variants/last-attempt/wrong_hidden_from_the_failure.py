# caught by: "the hidden time counts from the receive, not from the failure"
# belief: An order is hidden when its handler fails.
def seconds_until_dead(visibility_timeout, max_receive_count, duration):
    return (visibility_timeout + duration) * max_receive_count
