# caught by: "is whole"
# belief: An average is a depth.
depth = 0.5
