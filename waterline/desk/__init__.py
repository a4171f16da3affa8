"""The learner's desk: what `start.py` sets up, from an empty folder to a JupyterLab that is open.

course        where everything lies, and the failures with their sentences
pythons       which Pythons are let in
variables     the environment variables that child processes get
files         files that are there whole or not at all
terminal      lines and progress on the screen, and signals
installer     pip or uv at work: how far it is, and what went wrong
environment   `.venv`: made, kept, repaired
copies        the learner's copies of the notebooks
lab           JupyterLab: the port, the token, the start, the end
browser       a Chromium for the browser tests
command       the command line

Words. The *environment* is `.venv`, a virtual environment that only this package makes. Its *stamp*,
`.venv/start.json`, says what was installed; it is written last, so that an environment is trusted only when its stamp
fits. A *published* notebook is one in `notebooks/` or `labs/`; a *copy* is what the learner works on, in `work/`. The
*manifest*, `work/.published.json`, keeps the hash of every copy as it was handed out, and that of its cells, which tell
an untouched copy from the learner's own work.

These modules use the standard library only, because nothing else is there yet, and import each other relatively: for
`start.py` this package is `desk`, not `waterline.desk`. Importing `waterline` needs moto, takes most of a second, and
puts the guard around the process, which here also opens the learner's browser and must leave it its proxy.
"""
