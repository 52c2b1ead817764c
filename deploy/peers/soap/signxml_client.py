"""signxml as a provider whose messages are signed: a request by it is carried out, and it verifies the answer."""
import datetime
import ssl
import sys
import urllib.error
import urllib.request
import uuid

from lxml import etree
from signxml import InvalidSignature, XMLSigner, XMLVerifier, methods

url, pki, ap_id, msisdn = sys.argv[1:]
MSS = "http://uri.etsi.org/TS102204/v1.1.2#"
SOAP = "http://www.w3.org/2003/05/soap-envelope"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"

tls = ssl.create_default_context(cafile=f"{pki}/mesh-ca.pem")
tls.load_cert_chain(f"{pki}/ap-demo.pem", f"{pki}/ap-demo.key")
# Without a proxy, whatever the environment says.
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls))


def message(text, msisdn=msisdn):
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return etree.fromstring(
        f'<e:Envelope xmlns:e="{SOAP}" xmlns:mss="{MSS}"><e:Header><mss:MSS_MessageSignature e:mustUnderstand="1">'
        '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="placeholder"/></mss:MSS_MessageSignature></e:Header>'
        '<e:Body><MSS_Signature><mss:MSS_SignatureReq ID="m1" MajorVersion="1" MinorVersion="1" MessagingMode="synch" '
        f'TimeOut="60"><mss:AP_Info AP_ID="{ap_id}" AP_TransID="s{uuid.uuid4().hex}" AP_PWD="" Instant="{now}"/>'
        f"<mss:MSSP_Info><mss:MSSP_ID/></mss:MSSP_Info><mss:MobileUser><mss:MSISDN>{msisdn}</mss:MSISDN></mss:MobileUser>"
        f'<mss:DataToBeSigned MimeType="text/plain" Encoding="UTF-8">{text}</mss:DataToBeSigned>'
        "</mss:MSS_SignatureReq></MSS_Signature></e:Body></e:Envelope>"
    )


def sign(envelope):
    signer = XMLSigner(
        method=methods.enveloped,
        signature_algorithm="ecdsa-sha256",
        digest_algorithm="sha256",
        c14n_algorithm=EXCLUSIVE,
    )
    with open(f"{pki}/ap-demo.key", "rb") as key, open(f"{pki}/ap-demo.pem") as certificate:
        signed = signer.sign(envelope, key=key.read(), cert=certificate.read(), reference_uri="#m1", id_attribute="ID")
    return etree.tostring(signed)


def send(octets):
    request = urllib.request.Request(
        f"{url}/soap/services/MSS_SignaturePort", octets, {"Content-Type": "application/soap+xml"}
    )
    try:
        with opener.open(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as fault:
        return fault.code, fault.read()


def verify(answer):
    return XMLVerifier().verify(answer, ca_pem_file=f"{pki}/identity-ca.pem", id_attribute="ID")


def refuses(answer, what):
    try:
        verify(answer)
    except InvalidSignature as reason:
        return print(f"{what} does not verify: {type(reason).__name__}")
    raise AssertionError(f"{what} verifies")


status, answer = send(sign(message("Signed by signxml")))
assert status == 200, answer
verified = verify(answer)
assert etree.QName(verified.signed_xml) == f"{{{MSS}}}MSS_SignatureResp", answer
assert verified.signed_xml.find(f"{{{MSS}}}Status/{{{MSS}}}StatusCode").get("Value") == "500", answer
print("a request that signxml signed is carried out, and it verifies the answer")

refuses(answer.replace(b'Value="500"', b'Value="502"'), "an answer that was changed")

request = sign(message("To nobody", "+9990000000000"))
status, answer = send(request)
assert status == 500 and b"_105<" in answer, answer
verified = verify(answer)
assert etree.QName(verified.signed_xml) == f"{{{SOAP}}}Body", answer
digest = etree.fromstring(request).find(".//{http://www.w3.org/2000/09/xmldsig#}DigestValue").text
assert verified.signed_xml.find(".//{*}Help").get("RequestDigest") == digest, answer
print("a fault is signed, and names the request")

refuses(answer.replace(b"_105<", b"_401<"), "a fault that was changed")

status, answer = send(sign(message("Pay 1")).replace(b"Pay 1<", b"Pay 2<"))
assert status == 500 and b"_104<" in answer, answer
print("a request that was changed is refused")

SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
PERSON = "http://mss.ficom.fi/TS102204/v1.0.0/PersonID#"


def person(query_id, ap):
    """A request that asks who signs, unsigned; the Response in its answer."""
    envelope = message("Who signs?")
    envelope.remove(envelope.find(f"{{{SOAP}}}Header"))
    request = envelope.find(f".//{{{MSS}}}MSS_SignatureReq")
    request.find(f"{{{MSS}}}AP_Info").set("AP_ID", ap)
    services = etree.SubElement(request, f"{{{MSS}}}AdditionalServices")
    service = etree.SubElement(services, f"{{{MSS}}}Service")
    description = etree.SubElement(service, f"{{{MSS}}}Description")
    etree.SubElement(description, f"{{{MSS}}}mssURI").text = "http://mss.ficom.fi/TS102204/v1.0.0#personIdentity"
    query = etree.SubElement(service, f"{{{SAMLP}}}AttributeQuery", ID=query_id, Version="2.0")
    etree.SubElement(etree.SubElement(query, f"{{{SAML}}}Subject"), f"{{{SAML}}}NameID")
    etree.SubElement(query, f"{{{SAML}}}Attribute", Name=PERSON + "surName")
    status, answer = send(etree.tostring(envelope))
    assert status == 200, answer
    return etree.fromstring(answer).find(f".//{{{SAMLP}}}Response")


for query_id in ["_q1", 'java.util.GregorianCalendar[time=?,id="Europe/Helsinki"]']:
    response = person(query_id, ap_id.replace("ap-signing", "ap-demo"))
    assert response.get("ID") == query_id, etree.tostring(response)
    document = etree.tostring(response, with_tail=False)
    verified = verify(document).signed_xml
    assert etree.QName(verified) == f"{{{SAMLP}}}Response" and verified.get("ID") == query_id, document
    assert verified.find(f"{{{SAMLP}}}Status/{{{SAMLP}}}StatusCode").get("Value") == PERSON + "ok", document
    assert verified.find(f".//{{{SAML}}}AttributeValue").text.startswith("User "), document
    print("it verifies what it is told of the signer")
    refuses(document.replace(b">User ", b">Loser "), "another signer than was told")
