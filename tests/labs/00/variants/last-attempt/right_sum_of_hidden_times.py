def hidden_times(visibility_timeout, max_receive_count):
    return [float(visibility_timeout)] * max_receive_count


def seconds_until_dead(visibility_timeout, max_receive_count, duration):
    return sum(hidden_times(visibility_timeout, max_receive_count))
