"""Reads packets of TS 102 225 with pycrate, after OpenSSL deciphered them, and compares every field.

usage: packets.py FILE     one JSON object a line, as `PacketBench samples` writes them
"""

import json
import subprocess
import sys

from pycrate_mobile.TS31115 import PacketCmdSMSPP, PacketRespSMSPP

CIPHERS = {
    "aes-128": ("-aes-128-cbc", "AES-128-CBC", 16),
    "aes-192": ("-aes-192-cbc", "AES-192-CBC", 16),
    "aes-256": ("-aes-256-cbc", "AES-256-CBC", 16),
    "3des-2": ("-des-ede-cbc", None, 8),
    "3des-3": ("-des-ede3-cbc", None, 8),
}
# What KIc and KID name: subtype and type, as pycrate splits the low nibble.
INDICATIONS = {"aes-128": (0, 2), "aes-192": (0, 2), "aes-256": (0, 2), "3des-2": (1, 1), "3des-3": (2, 1)}


class Wrong(Exception):
    pass


def expect(what, found, wanted):
    if found != wanted:
        raise Wrong(f"{what} is {found!r}, not {wanted!r}")


def openssl(arguments, octets):
    done = subprocess.run(["openssl", *arguments], input=octets, capture_output=True, check=False)
    if done.returncode:
        raise Wrong(f"openssl: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def cbc(sample, key, octets, *direction):
    name, _, block = CIPHERS[sample["algorithm"]]
    return openssl(["enc", *direction, name, "-K", key, "-iv", "00" * block, "-nopad"], octets)


def checksum(sample, octets):
    _, mac, block = CIPHERS[sample["algorithm"]]
    if mac:
        whole = openssl(["mac", "-binary", "-macopt", f"cipher:{mac}", "-macopt", f"hexkey:{sample['kid']}", "CMAC"], octets)
        return whole[: sample["checksumLength"]]
    return cbc(sample, sample["kid"], octets + bytes(-len(octets) % block), "-e")[-8:]


def packet(sample):
    """Puts the segments together (3GPP TS 23.040 §9.2.3.24)."""
    identifier = 0x70 if sample["kind"] == "command" else 0x71
    segments = [bytes.fromhex(segment) for segment in sample["segments"]]
    whole = b""
    for index, segment in enumerate(segments, 1):
        if len(segment) > 140:
            raise Wrong("a segment is longer than 140 octets")
        header, rest = segment[1 : 1 + segment[0]], segment[1 + segment[0] :]
        elements = {}
        while header:
            elements[header[0]] = header[2 : 2 + header[1]]
            header = header[2 + header[1] :]
        expect("the packet's element", identifier in elements, index == 1)
        place = elements.get(0x00, elements.get(0x08))
        expect("the part's place", place and tuple(place[-2:]), (len(segments), index) if len(segments) > 1 else None)
        whole += rest
    return whole


def read(sample):
    octets = packet(sample)
    is_command = sample["kind"] == "command"
    clear, counted = (10, 6) if is_command else (6, 7)
    if sample["isProtected"]:
        octets = octets[:clear] + cbc(sample, sample["kic"], octets[clear:], "-d")
    dissected = PacketCmdSMSPP() if is_command else PacketRespSMSPP()
    dissected.from_bytes(octets)
    expect("what pycrate writes again", dissected.to_bytes(), octets)

    length = sample["checksumLength"] if sample["isProtected"] else 0
    expect("the packet's length", dissected[0].get_val(), len(octets) - 2)
    expect("the header's length", dissected[1].get_val(), (13 if is_command else 10) + length)
    expect("TAR", dissected["TAR"].get_val(), int(sample["tar"], 16))
    expect("CNTR", dissected["CNTR"].get_val(), sample["counter"])
    padding = dissected["PCNTR"].get_val()
    data = dissected["Data"].get_val()
    expect("the data", data[: len(data) - padding].hex(), sample["data"])
    expect("the padding", data[len(data) - padding :], bytes(padding))
    if is_command:
        header(sample, dissected)
    else:
        expect("the status", dissected["Status"].get_val(), sample["status"])
    if sample["isProtected"]:
        covered = octets[: clear + counted] + octets[clear + counted + length :]
        covered = covered if is_command else bytes([2, 0x71, 0]) + covered
        expect("the checksum", dissected["IntegrityCheck"].get_val(), checksum(sample, covered))


def header(sample, dissected):
    spi = dissected["SPI"]
    expect("the counter's rule", spi["CounterType"].get_val(), 2)
    expect("ciphering", spi["CipherType"].get_val(), 1)
    expect("the kind of check", spi["IntegrityType"].get_val(), 2)
    wanted = {"none": (0, 0, 0, 0), "plain": (1, 0, 0, 1), "protected": (1, 1, 2, 1)}[sample["receipt"]]
    names = ("SMSPoR", "PoRCipherType", "PoRIntegrityType", "PoRExpect")
    expect("the receipt's wish", tuple(spi[name].get_val() for name in names), wanted)
    for name in ("KIc", "KID"):
        field = dissected[name]
        field = field.get_alt() if name == "KID" else field
        expect(name, (field["AlgSubtype"].get_val(), field["AlgType"].get_val()), INDICATIONS[sample["algorithm"]])
        expect(f"{name}'s key version", field["Keys"].get_val(), sample["keyVersion"])


def main():
    counts = {"command": 0, "response": 0}
    with open(sys.argv[1], encoding="ascii") as lines:
        for number, line in enumerate(lines, 1):
            sample = json.loads(line)
            try:
                read(sample)
            except Wrong as wrong:
                sys.exit(f"peers/pycrate-packets: line {number}, {sample['kind']} under {sample['algorithm']}: {wrong}")
            counts[sample["kind"]] += 1
    if min(counts.values()) == 0:
        sys.exit("peers/pycrate-packets: no packets to read")
    print(f"pycrate and OpenSSL read {counts['command']} commands and {counts['response']} responses")


main()
