"""Takes messages out of their envelopes, each into a file that a validator can read.

usage: messages.py OUT ENVELOPE...
Writes OUT/NAME.xml for each NAME.xml: its message, qualified where its writer left the namespace out.
"""

import pathlib
import sys

from lxml import etree

MSS = "{http://uri.etsi.org/TS102204/v1.1.2#}"

out = pathlib.Path(sys.argv[1])
for name in map(pathlib.Path, sys.argv[2:]):
    body = etree.parse(name, etree.XMLParser(resolve_entities=False)).getroot().find("{*}Body")
    message = next(element for element in body.iter("{*}*") if etree.QName(element).localname.endswith(("Req", "Resp")))
    message.tag = MSS + etree.QName(message).localname
    for element in message.iter("*"):
        if not element.tag.startswith("{"):
            element.tag = MSS + element.tag
    (out / name.name).write_bytes(etree.tostring(message))
