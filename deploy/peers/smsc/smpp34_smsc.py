"""A message centre made of smpp34. Usage: smpp34_smsc.py PORT"""

import asyncio
import sys

import smpp34

from behaviour import Behaviour, say


async def answer(session, event, behaviour, kept):
    octets = bytes(event.short_message)
    number = event.destination_addr
    if (event.esm_class, event.protocol_id, event.data_coding) != (0x40, 0x7F, 0xF6):
        say(f"FAULT esm_class {event.esm_class:02X} pid {event.protocol_id:02X} dcs {event.data_coding:02X}")
    decision = behaviour.decide(number, octets)
    if decision[0] == "never":
        # Letting go of the event would answer it.
        kept.append(event)
        return
    if decision[0] == "refuse":
        event.reject(decision[1])
        return
    if decision[0] == "late":
        await asyncio.sleep(decision[1])
        event.accept(decision[2])
        return
    event.accept(decision[1])
    await asyncio.sleep(0.05)
    for is_receipt, user_data in behaviour.deliveries(number, decision[1]):
        response = await session.deliver_sm(
            event.source_addr,
            user_data,
            source_addr=number,
            source_addr_ton=1,
            source_addr_npi=1,
            esm_class=0x04 if is_receipt else 0x40,
            data_coding=0x00 if is_receipt else 0x04,
        )
        say(f"delivered {number[-2:]} status {response.command_status}")


async def main(port):
    server = smpp34.Server("127.0.0.1", port, system_id="PEER34")
    await server.start()
    say("listening")
    behaviour, sessions, kept, tasks = Behaviour(), {}, [], set()
    while True:
        event = await server.next()
        if isinstance(event, smpp34.Esme):
            say(f"bound {event.system_id}")
            sessions[event.session_id] = event
        elif isinstance(event, smpp34.Unbound):
            say("unbound")
            sessions.pop(event.session_id, None)
        else:
            task = asyncio.create_task(answer(sessions[event.session_id], event, behaviour, kept))
            tasks.add(task)
            task.add_done_callback(tasks.discard)


asyncio.run(main(int(sys.argv[1])))
