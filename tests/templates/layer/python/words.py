WORDS = "aye"
