# caught by: "a failure does not bring the order back"
# belief: What fails is tried again at once.
def seconds_until_dead(visibility_timeout, max_receive_count, duration):
    return duration * max_receive_count
