"""wsx: SOAP and XML by description tables, with a compiled core (the Windows Web Services API model for Python)."""
