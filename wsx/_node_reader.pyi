# Nothing here is for use from Python: XmlReader is what the class becomes.
