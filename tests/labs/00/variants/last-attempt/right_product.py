def seconds_until_dead(visibility_timeout, max_receive_count, duration):
    return visibility_timeout * max_receive_count
