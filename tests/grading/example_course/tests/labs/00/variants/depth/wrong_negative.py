# caught by: "fewer than none"
# belief: A queue can owe messages.
depth = -1
