# Nothing here is visible from Python: the codecs are used by the cursors.
