"""A small WSDL for a case: one operation, document/literal, whose request and reply are the case's element."""

from __future__ import annotations

from typing import Final

from benchmarks.cases.base import Case
from benchmarks.shape import Field, Kind, Struct

__all__ = ["OPERATION", "wsdl_document"]

OPERATION: Final = "Submit"

_TEMPLATE: Final = """\
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="{ns}" targetNamespace="{ns}" name="Case">
  <wsdl:types>
    <xs:schema targetNamespace="{ns}" elementFormDefault="qualified">
      <xs:element name="{element}" type="t:{type}"/>
{types}
    </xs:schema>
  </wsdl:types>
  <wsdl:message name="Request"><wsdl:part name="parameters" element="t:{element}"/></wsdl:message>
  <wsdl:message name="Reply"><wsdl:part name="parameters" element="t:{element}"/></wsdl:message>
  <wsdl:portType name="Port">
    <wsdl:operation name="{operation}">
      <wsdl:input message="t:Request"/><wsdl:output message="t:Reply"/>
    </wsdl:operation>
  </wsdl:portType>
  <wsdl:binding name="Binding" type="t:Port">
    <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="{operation}">
      <soap:operation soapAction="{ns}/{operation}"/>
      <wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output>
    </wsdl:operation>
  </wsdl:binding>
  <wsdl:service name="Service">
    <wsdl:port name="Port" binding="t:Binding"><soap:address location="http://127.0.0.1/"/></wsdl:port>
  </wsdl:service>
</wsdl:definitions>
"""


def _type_name(item: Field) -> str:
    if item.kind is Kind.STRUCT:
        return f"t:{item.nested.name}"
    return "xs:string" if item.kind is Kind.UUID else f"xs:{item.kind.value}"


def _complex_type(struct: Struct) -> str:
    lines = [f'<xs:complexType name="{struct.name}">', "<xs:sequence>"]
    for item in struct.elements:
        many = ' minOccurs="0" maxOccurs="unbounded"' if item.repeated else ""
        lines.append(f'<xs:element name="{item.local_name}" type="{_type_name(item)}"{many}/>')
    lines.append("</xs:sequence>")
    for item in struct.attributes:
        lines.append(f'<xs:attribute name="{item.local_name}" type="{_type_name(item)}" use="required"/>')
    return "\n".join([*lines, "</xs:complexType>"])


def wsdl_document(case: Case) -> str:
    """The WSDL as text."""
    types = "\n".join(_complex_type(struct) for struct in case.struct.structs())
    return _TEMPLATE.format(ns=case.ns, element=case.element, type=case.struct.name, types=types, operation=OPERATION)
