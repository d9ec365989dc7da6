# Nothing here is for use from Python: XmlWriter is what the class becomes.
