from telling import Stories
STORIES = Stories("x")
