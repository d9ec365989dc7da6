# Nothing here is visible from Python: the output buffer is used by the other compiled modules.
