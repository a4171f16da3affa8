# caught by: "counts every receive, the first one included"
# belief: maxReceiveCount is the number of retries after the first attempt.
def seconds_until_dead(visibility_timeout, max_receive_count, duration):
    return visibility_timeout * (max_receive_count + 1)
