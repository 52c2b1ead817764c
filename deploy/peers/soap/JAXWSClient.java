import java.math.BigInteger;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.GregorianCalendar;
import javax.xml.datatype.DatatypeFactory;
import javax.xml.namespace.QName;
import javax.xml.soap.SOAPFault;
import javax.xml.ws.soap.SOAPFaultException;
import mss.*;

/**
 * Signs through an acquiring entity with the client that wsimport made.
 *
 * <p>usage: JAXWSClient WSDL AP_ID SIGNS CANCELS UNKNOWN OUT, the middle ones numbers of users who do so. OUT is a folder:
 * for each signature a .der and a .text. Ends with 0 only if everything was as it must be; prints one line a step.
 */
public final class JAXWSClient {
    private static int made = 0;

    public static void main(String[] arguments) throws Exception {
        MSSSignatureService service = new MSSSignatureService(new URL(arguments[0]));
        MSSSignaturePortType[] ports = {service.getMSSSignaturePort(), service.getMSSSignatureSOAP11Port()};
        for (int index = 0; index < ports.length; index++) {
            String soap = index == 0 ? "SOAP 1.2" : "SOAP 1.1";
            String text = "Päätös in " + soap;
            MSSSignatureRespType answer = ports[index].mssSignature(request(arguments[1], arguments[2], text));
            require(answer.getStatus().getStatusCode().getValue().intValue() == 500, soap + ": a signature at once");
            Path file = Path.of(arguments[5]).resolve("signature-" + index);
            Files.write(Path.of(file + ".der"), answer.getMSSSignature().getBase64Signature());
            Files.write(Path.of(file + ".text"), text.getBytes(StandardCharsets.UTF_8));
            refused(ports[index], soap, request(arguments[1], arguments[4], text), "_105");
            refused(ports[index], soap, request(arguments[1], arguments[3], text), "_401");
        }
    }

    private static void refused(MSSSignaturePortType port, String soap, MSSSignatureReqType request, String code) {
        try {
            port.mssSignature(request);
        } catch (SOAPFaultException exception) {
            SOAPFault fault = exception.getFault();
            QName found = soap.equals("SOAP 1.2") ? (QName) fault.getFaultSubcodes().next() : fault.getFaultCodeAsQName();
            String detail = fault.getDetail().getFirstChild().getTextContent();
            require(found.getLocalPart().equals(code) && !detail.isEmpty(), soap + ": fault " + code + ", " + detail);
            return;
        }
        require(false, soap + ": a fault " + code);
    }

    private static MSSSignatureReqType request(String ap, String number, String text) throws Exception {
        MSSSignatureReqType request = new MSSSignatureReqType();
        request.setMajorVersion(BigInteger.ONE);
        request.setMinorVersion(BigInteger.ONE);
        request.setMessagingMode(MessagingModeType.SYNCH);
        request.setTimeOut(BigInteger.valueOf(30));
        APInfoType provider = new APInfoType();
        provider.setAPID(ap);
        provider.setAPTransID("jaxws-" + System.nanoTime() + "-" + made++);
        provider.setAPPWD("");
        provider.setInstant(DatatypeFactory.newInstance().newXMLGregorianCalendar(new GregorianCalendar()));
        request.setAPInfo(provider);
        MSSPInfoType platform = new MSSPInfoType();
        platform.setMSSPID(new MeshMemberType());
        request.setMSSPInfo(platform);
        MobileUserType user = new MobileUserType();
        user.setMSISDN(number);
        request.setMobileUser(user);
        DataType data = new DataType();
        data.setValue(text);
        data.setMimeType("text/plain");
        data.setEncoding("UTF-8");
        request.setDataToBeSigned(data);
        return request;
    }

    private static void require(boolean isSo, String what) {
        if (!isSo) {
            System.out.println("jaxws: " + what + ": it is not so");
            System.exit(1);
        }
        System.out.println("jaxws: " + what);
    }
}
