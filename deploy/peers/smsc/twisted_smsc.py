"""A message centre made of smpp.twisted3. Usage: twisted_smsc.py PORT SYSTEM_ID PASSWORD"""

import sys

from smpp.pdu import pdu_types as types
from smpp.pdu.operations import DeliverSM
from smpp.twisted.config import SMPPServerConfig
from smpp.twisted.protocol import DataHandlerResponse, SMPPServerProtocol
from smpp.twisted.server import SMPPServerFactory
from twisted.cred import checkers, portal
from twisted.internet import defer, reactor, task
from zope.interface import implementer

from behaviour import INVALID_DESTINATION, QUEUE_FULL, SYSTEM_ERROR, THROTTLED, Behaviour, say

STATUSES = {
    SYSTEM_ERROR: types.CommandStatus.ESME_RSYSERR,
    INVALID_DESTINATION: types.CommandStatus.ESME_RINVDSTADR,
    QUEUE_FULL: types.CommandStatus.ESME_RMSGQFUL,
    THROTTLED: types.CommandStatus.ESME_RTHROTTLED,
}


class Protocol(SMPPServerProtocol):
    def onPDURequest_unbind(self, request):
        say("unbound")
        SMPPServerProtocol.onPDURequest_unbind(self, request)

    def doBindRequest(self, request, state):
        say("bound " + request.params["system_id"].decode())
        return SMPPServerProtocol.doBindRequest(self, request, state)


@implementer(portal.IRealm)
class Realm:
    def requestAvatar(self, avatar_id, mind, *interfaces):
        return interfaces[0], avatar_id, lambda: None


class Centre:
    def __init__(self):
        self.behaviour = Behaviour()

    def handle(self, system_id, session, pdu):
        number = pdu.params["destination_addr"].decode()
        octets = pdu.params["short_message"]
        decision = self.behaviour.decide(number, octets)
        if decision[0] == "never":
            return defer.Deferred()
        if decision[0] == "refuse":
            return STATUSES[decision[1]]
        if decision[0] == "late":
            return task.deferLater(reactor, decision[1], self.taken, decision[2])
        for index, delivery in enumerate(self.behaviour.deliveries(number, decision[1])):
            reactor.callLater(0.05 * (index + 1), self.deliver, session, pdu, number, *delivery)
        return self.taken(decision[1])

    @staticmethod
    def taken(message_id):
        return DataHandlerResponse(types.CommandStatus.ESME_ROK, message_id=message_id)

    @staticmethod
    def deliver(session, pdu, number, is_receipt, octets):
        kind = types.EsmClassType.SMSC_DELIVERY_RECEIPT if is_receipt else types.EsmClassType.DEFAULT
        features = [] if is_receipt else [types.EsmClassGsmFeatures.UDHI_INDICATOR_SET]
        coding = types.DataCodingDefault.SMSC_DEFAULT_ALPHABET if is_receipt else types.DataCodingDefault.OCTET_UNSPECIFIED
        delivery = DeliverSM(
            source_addr_ton=types.AddrTon.INTERNATIONAL,
            source_addr_npi=types.AddrNpi.ISDN,
            source_addr=number,
            dest_addr_ton=types.AddrTon.NETWORK_SPECIFIC,
            dest_addr_npi=types.AddrNpi.ISDN,
            destination_addr=pdu.params["source_addr"],
            esm_class=types.EsmClass(types.EsmClassMode.DEFAULT, kind, features),
            protocol_id=0,
            priority_flag=types.PriorityFlag.LEVEL_0,
            registered_delivery=types.RegisteredDelivery(
                types.RegisteredDeliveryReceipt.NO_SMSC_DELIVERY_RECEIPT_REQUESTED
            ),
            replace_if_present_flag=types.ReplaceIfPresentFlag.DO_NOT_REPLACE,
            data_coding=types.DataCoding(schemeData=coding),
            short_message=octets,
        )
        answered = session.sendDataRequest(delivery)
        answered.addCallback(lambda result: say(f"delivered {number[-2:]} status {result.response.status.value - 1}"))
        answered.addErrback(lambda failure: say(f"not delivered {number[-2:]} {failure.value}"))


port, system_id, password = int(sys.argv[1]), sys.argv[2], sys.argv[3]
checker = checkers.InMemoryUsernamePasswordDatabaseDontUse()
checker.addUser(system_id, password)
centre = Centre()
config = SMPPServerConfig(
    systems={system_id: {"max_bindings": 32}}, msgHandler=centre.handle, enquireLinkTimerSecs=1, responseTimerSecs=5
)
factory = SMPPServerFactory(config, auth_portal=portal.Portal(Realm(), [checker]))
factory.protocol = Protocol
reactor.listenTCP(port, factory, interface="127.0.0.1")
reactor.callWhenRunning(say, "listening")
reactor.run()
