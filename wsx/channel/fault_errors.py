"""Which SOAP faults mean a condition that has an error code of its own (FAULTS_AS_ERRORS)."""

from __future__ import annotations

from wsx.message.fault_errors import FAULT_ERRORS, fault_error_code

__all__ = ["FAULT_ERRORS", "fault_error_code"]
