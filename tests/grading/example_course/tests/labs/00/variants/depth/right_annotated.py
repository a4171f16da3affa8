depth: int = 0  # none
