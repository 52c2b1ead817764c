"""Drives a message centre with smpplib: binds, submits, receipts, answers of cards, refusals, unbind.

usage: smpplib_esme.py PORT PASSWORD MSISDN SIMULATOR CONTROL COMMANDS
COMMANDS is a file: a card's commands, a line a short message in hexadecimal digits, an empty line after each command.
Ends with 0 only if everything came as it must; prints one line a step.
"""

import subprocess
import sys
import time

import smpplib.client
import smpplib.consts
import smpplib.exceptions
import smpplib.smpp

port, password, msisdn, simulator, control, commands = sys.argv[1:]
SUBSCRIBER = {"dest_addr_ton": 1, "dest_addr_npi": 1}
SIM = {"esm_class": 0x43, "protocol_id": 0x7F, "data_coding": 0xF6}
delivered, accepted, refused = [], [], []


def require(is_so, what):
    if not is_so:
        sys.exit(f"smpplib: {what}")
    print(what, flush=True)


def tell(line):
    subprocess.run([simulator, "tell", "--control", control, "--command", line], check=True, stdout=subprocess.DEVNULL)


def connect(secret):
    client = smpplib.client.Client("127.0.0.1", int(port), timeout=5, allow_unknown_opt_params=True)
    client.set_message_received_handler(lambda pdu: delivered.append(pdu) or 0)
    client.set_message_sent_handler(lambda pdu: pdu.status == 0 and accepted.append(pdu))
    client.set_error_pdu_handler(refused.append)
    client.connect()
    client.bind_transceiver(system_id="mssp-home", password=secret)
    return client


def submit(client, octets, number=msisdn, receipt=0):
    client.send_message(
        source_addr_ton=3, source_addr_npi=1, source_addr="4444", destination_addr=number, short_message=octets,
        registered_delivery=receipt, **SUBSCRIBER, **SIM,
    )


def read_until(client, is_enough, what, seconds=15):
    end = time.monotonic() + seconds
    while not is_enough():
        if time.monotonic() > end:
            sys.exit(f"smpplib: {what} did not come: {len(accepted)} taken, {len(refused)} refused, {len(delivered)} delivered")
        client.read_once()


def receipts():
    return [pdu for pdu in delivered if pdu.esm_class & 0x3C == 0x04]


def answers():
    return [pdu for pdu in delivered if pdu.esm_class & 0x40]


try:
    stranger = connect("wrong")
    stranger.read_once()
    wrong = refused and refused[-1].status
except smpplib.exceptions.PDUError as error:
    wrong = error.args[1]
    # Its sockets close with it; it says so on its way out.
require(wrong == smpplib.consts.SMPP_ESME_RINVPASWD, "a wrong password is refused as such")
refused.clear()

client = connect(password)
require(True, "bound as a transceiver")
batches = [block.split() for block in open(commands).read().split("\n\n") if block.split()]
for index, batch in enumerate(batches):
    before = len(accepted), len(answers()), len(receipts())
    for line in batch:
        submit(client, bytes.fromhex(line), receipt=1)
    read_until(
        client,
        lambda: len(accepted) == before[0] + len(batch) and len(answers()) > before[1]
        and len(receipts()) == before[2] + len(batch),
        "the answer to a command, and its receipts",
    )
    answer = answers()[-1]
    ids = [pdu.message_id for pdu in accepted[-len(batch):]]
    require(
        answer.short_message[:3] == b"\x02\x71\x00" and answer.data_coding == 0xF6
        and answer.source_addr == msisdn.encode() and answer.destination_addr == b"4444",
        f"a command in {len(batch)} message(s) is answered with UDH 71",
    )
    told = {pdu.receipted_message_id.rstrip(b"\0"): pdu.message_state for pdu in receipts()[-len(batch):]}
    require(
        told == {one.rstrip(b"\0"): smpplib.consts.SMPP_MESSAGE_STATE_DELIVERED for one in ids},
        "each message has its receipt: DELIVERED",
    )

before = len(receipts())
submit(client, b"\x02\x70\x00", number="358409999999", receipt=1)
read_until(client, lambda: len(receipts()) > before, "the receipt of a message to nobody")
require(receipts()[-1].message_state == smpplib.consts.SMPP_MESSAGE_STATE_UNDELIVERABLE, "nobody's number: UNDELIVERABLE")

for fault, status in (("throttle*1", 0x58), ("queueFull*1", 0x14), ("reject:45*1", 0x45)):
    tell(f"fault {fault}")
    before = len(refused)
    submit(client, b"\x02\x70\x00")
    read_until(client, lambda: len(refused) > before, "a refusal")
    require(refused[-1].status == status, f"a submission is refused with {status:#x}")

link = smpplib.smpp.make_pdu("enquire_link", client=client)
client.send_pdu(link)
answered = client.read_pdu()
require(answered.command == "enquire_link_resp" and answered.sequence == link.sequence, "enquire_link is answered")
client.unbind()
client.disconnect()
require(True, "unbound")
