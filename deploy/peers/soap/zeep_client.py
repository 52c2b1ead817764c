"""Signs through an acquiring entity with a client that zeep made from its WSDL.

usage: zeep_client.py URL PKI AP_ID SIGNS CANCELS SILENT UNKNOWN OUT
SIGNS, CANCELS, SILENT and UNKNOWN are numbers of users who do so. OUT is a folder: for each signature a .der and a .text, for each
answer a .xml. Ends with 0 only if everything was as it must be; prints one line a step.
"""

import datetime
import itertools
import json
import pathlib
import sys
import time

import requests
import zeep
from lxml import etree
from zeep.plugins import HistoryPlugin

url, pki, ap_id, signs, cancels, silent, unknown, out = sys.argv[1:]
SERVICE = "MSS_SignatureService"
TARGET = "{http://uri.etsi.org/TS102204/etsi204-kiuru.wsdl}"
MSS = "http://uri.etsi.org/TS102204/v1.1.2#"
VALIDATE = MSS + "validate"
numbers = itertools.count(1)


def require(is_so, what):
    if not is_so:
        sys.exit(f"zeep: {what}: it is not so")
    print(what, flush=True)


session = requests.Session()
# Else REQUESTS_CA_BUNDLE, where it is set, wins over verify.
session.trust_env = False
session.cert = (f"{pki}/ap-demo.pem", f"{pki}/ap-demo.key")
session.verify = f"{pki}/mesh-ca.pem"
history = HistoryPlugin()
client = zeep.Client(
    f"{url}/soap/services/MSS_SignaturePort?wsdl", transport=zeep.Transport(session=session), plugins=[history]
)
ports = sorted(client.wsdl.services[SERVICE].ports)
require(len(ports) == 14, f"a client from the WSDL alone, of {', '.join(ports)}")

for path in ["/soap", "/soap/services", "/MSS_Signature", "/MSSP/services/MSS_Signature", "/MSSP/services/MSS_StatusPort"]:
    same = session.get(f"{url}{path}?wsdl").content
    require(same == session.get(f"{url}/soap/services/MSS_SignaturePort?wsdl").content, f"the same WSDL at {path}")


def begin(provider=ap_id):
    """What every message begins with."""
    return dict(
        MajorVersion=1,
        MinorVersion=1,
        AP_Info=dict(
            AP_ID=provider,
            AP_TransID=f"zeep-{time.time_ns()}",
            AP_PWD="",
            Instant=datetime.datetime.now(datetime.timezone.utc),
        ),
        MSSP_Info=dict(MSSP_ID={}),
    )


def ask(service, number, text, mode="synch", provider=ap_id, **more):
    return service.MSS_Signature(
        MSS_SignatureReq=dict(
            begin(provider),
            MessagingMode=mode,
            TimeOut=30,
            MobileUser=dict(MSISDN=number),
            DataToBeSigned=dict(_value_1=text, MimeType="text/plain", Encoding="UTF-8"),
            **more,
        )
    )


def keep(answer, text):
    """For OpenSSL and xmllint."""
    file = pathlib.Path(out) / f"{next(numbers)}"
    file.with_suffix(".der").write_bytes(answer.MSS_Signature.Base64Signature)
    file.with_suffix(".text").write_text(text)
    file.with_suffix(".xml").write_bytes(etree.tostring(history.last_received["envelope"]))


def keep_signature(octets, text):
    """For OpenSSL, of an answer with several."""
    file = pathlib.Path(out) / f"{next(numbers)}"
    file.with_suffix(".der").write_bytes(octets)
    file.with_suffix(".text").write_text(text)


def refused(service, number):
    try:
        ask(service, number, "Päätös")
    except zeep.exceptions.Fault as fault:
        return fault
    sys.exit(f"zeep: no fault for {number}")


def told(fault):
    """The fault's code, and the sentence in its detail."""
    code = fault.subcodes[0].localname if fault.subcodes else fault.code.split(":")[-1]
    return code, fault.detail.findtext("{http://kiuru.methics.fi/mssp}detail")


for soap in ["", "SOAP11"]:
    name = soap or "SOAP12"
    service = client.bind(SERVICE, f"MSS_Signature{soap}Port")
    answer = ask(service, signs, "Päätös €")
    keep(answer, "Päätös €")
    require(answer.Status.StatusCode.Value == 500 and answer.MobileUser.MSISDN == signs, f"{name}: a signature at once")

    answer = ask(service, signs, "Later", mode="asynchClientServer")
    require(answer.Status.StatusCode.Value == 100 and answer.MSS_Signature is None, f"{name}: a transaction begun")
    status = client.bind(SERVICE, f"MSS_StatusQuery{soap}Port")
    for _ in range(100):
        later = status.MSS_StatusQuery(MSS_StatusReq=dict(begin(), MSSP_TransID=answer.MSSP_TransID))
        if later.Status.StatusCode.Value != 504:
            break
        time.sleep(0.2)
    keep(later, "Later")
    require(later.Status.StatusCode.Value == 500, f"{name}: its signature by status query")

    # The rest of what AE serves, each by the client's own types.
    ask_of = lambda operation: getattr(client.bind(SERVICE, f"{operation}{soap}Port"), operation)
    user = dict(MobileUser=dict(MSISDN=signs))
    EXTENSION = "{http://www.swisscom.ch/TS102204/ext/v1.0.0}ReceiptRequestExtension"
    element = client.get_element(EXTENSION)
    extension = zeep.xsd.AnyObject(element, element(ReceiptMessagingMode="synch", UserAck=True))
    wanted = dict(StatusCode=dict(Value=100), StatusDetail=dict(_value_1=[extension]))
    request = dict(begin(), MSSP_TransID=answer.MSSP_TransID, Message=dict(_value_1="Paid"), Status=wanted, **user)
    receipt = ask_of("MSS_Receipt")(MSS_ReceiptReq=request)
    reaction = receipt.Status.StatusDetail._value_1[0]
    require(receipt.Status.StatusCode.Value == 100 and reaction.UserAck, f"{name}: a receipt, {reaction.UserResponse}")
    try:
        ask_of("MSS_Receipt")(MSS_ReceiptReq=request)
        sys.exit("zeep: a second receipt was taken")
    except zeep.exceptions.Fault as fault:
        require(told(fault)[0] == "_101", f"{name}: no second receipt, {told(fault)[1]}")
    profile = ask_of("MSS_ProfileQuery")(MSS_ProfileReq=dict(begin(), **user))
    require(profile.SignatureProfile, f"{name}: a profile, {profile.SignatureProfile[0].mssURI}")
    methods = ["Signature", "Registration", "Notification", "ProfileQuery", "Receipt", "Status"]
    secured = {f"MSS_{method}": False for method in methods}
    handshake = ask_of("MSS_Handshake")(MSS_HandshakeReq=dict(begin(), SecureMethods=secured))
    require(not handshake.SecureMethods.MSS_Signature, f"{name}: a handshake, nothing is signed as XML")
    fit = ask_of("MSSP_Fit")(MSSP_FitReq=dict(begin(), DataToBeSigned=dict(_value_1="Päätös €")))
    require(fit.Fit.Fits and fit.Fit.Pages > 0, f"{name}: a text that fits, {fit.Fit.CharactersLeft} characters are left")
    # The prompt stays on the silent phone: only the first can be taken back.
    if not soap:
        answer = ask(service, silent, "Taken back", mode="asynchClientServer")
        cancelled = ask_of("MSSP_Cancel")(MSSP_CancelReq=dict(begin(), MSSP_TransID=answer.MSSP_TransID))
        require(cancelled.Status.StatusCode.Value == 100, f"{name}: a transaction taken back")
    try:
        ask_of("MSSP_Cancel")(MSSP_CancelReq=dict(begin(), MSSP_TransID=answer.MSSP_TransID))
        sys.exit("zeep: what has ended was taken back")
    except zeep.exceptions.Fault as fault:
        require(told(fault)[0] == "_101", f"{name}: nothing to take back, {told(fault)[1]}")

    code, sentence = told(refused(service, unknown))
    require(code == "_105" and sentence, f"{name}: fault 105, {sentence}")
    code, sentence = told(refused(service, cancels))
    require(code == "_401" and sentence, f"{name}: fault 401, {sentence}")

service = client.bind(SERVICE, "MSS_SignaturePort")
asked = dict(Service=[dict(Description=dict(mssURI=VALIDATE))])
answer = ask(service, signs, "Validated", AdditionalServices=asked)
keep(answer, "Validated")
require(answer.Status.StatusCode.Value in (500, 502), f"validation: {answer.Status.StatusMessage}")
if answer.Status.StatusDetail is not None:
    detail = answer.Status.StatusDetail._value_1[0].ServiceResponse[0]
    require(detail.Description.mssURI == VALIDATE, f"its service's answer: {detail.Status.StatusMessage}")

# Several documents by one PIN entry, of the same company's other entry.
EXTENSIONS, KIURU = "http://www.methics.fi/TS102204/ext/v1.0.0#", "http://www.methics.fi/KiuruMSSP/v5.0.0#"


def document(name, kind, text, **more):
    """A Service that brings a document, made from the served schemas."""
    element = client.get_element(f"{{{EXTENSIONS}{kind}")
    data = dict(_value_1=text, MimeType="text/plain", Encoding="UTF-8")
    return dict(
        Description=dict(mssURI=KIURU + name),
        _value_1=[zeep.xsd.AnyObject(element, element(DataToBeSigned=data, **more))],
    )


asked = dict(
    Service=[
        document("batchsign", "BatchSignature}BatchSignatureRequest", "Pay 20 € to Bob"),
        document("docsign", "MultiDocSign}AdditionalSignatureRequest", "Contract 7", DocumentRef="seven"),
    ]
)
answer = ask(service, signs, "Pay 10 € to Ann", provider="http://ae.demo.mssp/ap-documents", AdditionalServices=asked)
keep(answer, "Pay 10 € to Ann")
batch, named = answer.Status.StatusDetail._value_1[0].ServiceResponse
texts = [each.DataToBeDisplayed._value_1 for each in batch._value_1]
require(texts == ["Pay 10 € to Ann", "Pay 20 € to Bob"], f"batchsign: {len(texts)} signatures, the message's own first")
keep_signature(batch._value_1[1].MSS_Signature.Base64Signature, "Pay 20 € to Bob")
require(named._value_1[0].DocumentRef == "seven", f"docsign: {named._value_1[0].Status.StatusMessage} of document seven")
keep_signature(named._value_1[0].MSS_Signature.Base64Signature, "Contract 7")

for path in ["/soap", "/soap/services", "/MSSP/services/MSS_Signature", "/MSS_Signature"]:
    service = client.create_service(f"{TARGET}MSS_SignatureBinding", url + path)
    keep(ask(service, signs, f"At {path}"), f"At {path}")
    require(True, f"a signature at {path}")

who = session.get(f"{url}/whoami")
require(who.status_code == 200 and ap_id in json.loads(who.text)["ap_ids"], f"whoami: {who.text.strip()}")
