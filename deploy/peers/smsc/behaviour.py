"""What the message centres of these runs do with a message: the last two digits of its number say it.

01 take it; the card answers            06 refuse the number for good
02 throttle twice, then as 01           07 take both segments; the answer comes in two parts, reversed and doubled
03 queue full once, then as 01          08 take it; a receipt says that it was not delivered
04 answer too late, then as 01          09 system error once, then as 01
05 never answer, then as 01
"""

OK, SYSTEM_ERROR, INVALID_DESTINATION, QUEUE_FULL, THROTTLED = 0x00, 0x08, 0x0B, 0x14, 0x58

# TAR of the command, and so of its answer.
TAR = bytes.fromhex("B00010")


def say(line):
    print(line, flush=True)


def response_packet(data):
    """TS 102 225 §5.2: RPL, RHL, TAR, CNTR, PCNTR, status, data, without protection."""
    body = bytes([0x0A]) + TAR + bytes(5) + bytes([0, 0]) + data
    return len(body).to_bytes(2, "big") + body


class Behaviour:
    def __init__(self):
        self.attempts = {}
        self.segments = {}
        self.submitted = 0

    def decide(self, number, octets):
        """One of ("take", message_id), ("refuse", status), ("late", seconds, message_id), ("never",)."""
        which = number[-2:]
        known = self.segments.setdefault(number, [])
        if octets not in known:
            known.append(octets)
        if len(known) > (2 if which == "07" else 1):
            say(f"FAULT other octets for {which}")
        attempt = self.attempts[(number, octets)] = self.attempts.get((number, octets), 0) + 1
        self.submitted += 1
        message_id = f"{0xA0 + self.submitted:X}"
        say(f"submit {which} attempt {attempt}")
        refusals = {"02": [THROTTLED] * 2, "03": [QUEUE_FULL], "09": [SYSTEM_ERROR], "06": [INVALID_DESTINATION] * 9}
        statuses = refusals.get(which, [])
        if attempt <= len(statuses):
            return ("refuse", statuses[attempt - 1])
        if which == "04" and attempt == 1:
            return ("late", 3.0, message_id)
        if which == "05" and attempt == 1:
            return ("never",)
        return ("take", message_id)

    def deliveries(self, number, message_id):
        """What follows a message that was taken: (is_receipt, octets)."""
        which = number[-2:]
        filler = bytes([int(which)])
        if which == "07":
            if len(self.segments[number]) < 2:
                return []
            packet = response_packet(filler * 200)
            first = bytes([7, 0, 3, 77, 2, 1, 0x71, 0]) + packet[:132]
            second = bytes([5, 0, 3, 77, 2, 2]) + packet[132:]
            return [(False, second), (False, second), (False, first), (False, first)]
        if which == "08":
            # The id of the answer is hexadecimal; the receipt names it in decimal.
            text = f"id:{int(message_id, 16)} sub:001 dlvrd:000 submit date:2601010000 done date:2601010001 "
            return [(True, (text + "stat:UNDELIV err:027 text:").encode())]
        return [(False, bytes([2, 0x71, 0]) + response_packet(filler * 20))]
