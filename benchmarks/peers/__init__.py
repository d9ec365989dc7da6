"""The peers, one file each. To add one, add a file with its class and name it in ``PEERS``."""

from __future__ import annotations

from typing import Final

from benchmarks.peers.base import Job, Peer, Unavailable, Unsupported
from benchmarks.peers.element_tree import ElementTreeByHand, Objectify
from benchmarks.peers.fstrings import FStrings
from benchmarks.peers.lxml_tree import LxmlTree
from benchmarks.peers.msgspec_json import MsgspecJson
from benchmarks.peers.native import Gsoap, Libxml2, Limit
from benchmarks.peers.orjson_json import OrjsonJson
from benchmarks.peers.pydantic_models import PydanticModels
from benchmarks.peers.wsx_columns import WsxNumpy
from benchmarks.peers.wsx_tables import WsxDicts, WsxPlain, WsxTables
from benchmarks.peers.xmltodict_dicts import XmltodictDicts
from benchmarks.peers.xsdata_models import XsdataModels
from benchmarks.peers.zeep_operation import ZeepOperation

__all__ = ["PEERS", "Job", "Peer", "Unavailable", "Unsupported"]

PEERS: Final[dict[str, Peer]] = {
    peer.name: peer
    for peer in (
        WsxTables(),
        WsxDicts(),
        WsxPlain(),
        WsxNumpy(),
        MsgspecJson(),
        OrjsonJson(),
        FStrings(),
        LxmlTree(),
        Objectify(),
        ElementTreeByHand(),
        XmltodictDicts(),
        ZeepOperation(),
        XsdataModels(),
        PydanticModels(),
        Gsoap(),
        Libxml2(),
        Limit(),
    )
}
