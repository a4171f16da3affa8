def seconds_until_dead(visibility_timeout, max_receive_count, duration):
    now = received = 0
    while received < max_receive_count:
        received += 1
        failed = now + duration
        now = max(failed, now + visibility_timeout)
    return now
