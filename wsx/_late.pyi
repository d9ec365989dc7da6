# Nothing here is visible from Python: the writer calls it for what its plans cannot render beforehand.
