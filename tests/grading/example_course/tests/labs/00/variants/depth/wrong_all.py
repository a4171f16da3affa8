# caught by: "You said that 10 messages are left"
# belief: Reading does not delete.
depth = 10
