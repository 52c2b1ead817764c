import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Calendar;
import mss.*;
import org.apache.axis.AxisFault;
import org.apache.axis.types.NCName;
import org.apache.axis.types.PositiveInteger;
import org.apache.axis.types.URI;

/**
 * Signs through an acquiring entity with the client that WSDL2Java made.
 *
 * <p>usage: AxisClient AP_ID SIGNS CANCELS UNKNOWN OUT, the middle ones numbers of users who do so. OUT is a folder: for
 * each signature a .der and a .text. Ends with 0 only if everything was as it must be; prints one line a step.
 */
public final class AxisClient {
    private static int made = 0;

    private final String ap;
    private final Path out;
    private final MSS_SignaturePortType signatures;
    private final MSS_StatusQueryType statuses;

    private AxisClient(String ap, Path out) throws Exception {
        this.ap = ap;
        this.out = out;
        // The addresses are those of the WSDL.
        MSS_SignatureServiceLocator service = new MSS_SignatureServiceLocator();
        signatures = service.getMSS_SignatureSOAP11Port();
        statuses = service.getMSS_StatusQuerySOAP11Port();
    }

    public static void main(String[] arguments) throws Exception {
        AxisClient client = new AxisClient(arguments[0], Path.of(arguments[4]));
        client.atOnce(arguments[1]);
        client.later(arguments[1]);
        client.refused(arguments[3], "_105");
        client.refused(arguments[2], "_401");
    }

    private void atOnce(String number) throws Exception {
        MSS_SignatureRespType answer = signatures.MSS_Signature(request(number, "Päätös €", MessagingModeType.synch));
        require(code(answer.getStatus()) == 500, "a signature at once");
        require(number.equals(answer.getMobileUser().getMSISDN()), "with the number as it was sent");
        keep(answer.getMSS_Signature(), "Päätös €");
    }

    private void later(String number) throws Exception {
        MSS_SignatureRespType begun =
            signatures.MSS_Signature(request(number, "Later", MessagingModeType.asynchClientServer));
        require(code(begun.getStatus()) == 100 && begun.getMSS_Signature() == null, "a transaction begun");
        MSS_StatusReqType question = new MSS_StatusReqType();
        question.setMajorVersion(BigInteger.ONE);
        question.setMinorVersion(BigInteger.ONE);
        question.setMSSP_TransID(begun.getMSSP_TransID());
        question.setMSSP_Info(platform());
        MSS_StatusRespType answer = null;
        for (int tries = 0; tries < 100; tries++) {
            question.setAP_Info(provider());
            answer = statuses.MSS_StatusQuery(question);
            if (code(answer.getStatus()) != 504) break;
            Thread.sleep(200);
        }
        require(code(answer.getStatus()) == 500, "its signature by status query");
        keep(answer.getMSS_Signature(), "Later");
    }

    private void refused(String number, String code) throws Exception {
        try {
            signatures.MSS_Signature(request(number, "Päätös", MessagingModeType.synch));
        } catch (AxisFault fault) {
            require(code.equals(fault.getFaultCode().getLocalPart()), "fault " + code + ", " + fault.getFaultString());
            require(fault.getFaultDetails().length > 0, "with a detail");
            return;
        }
        require(false, "a fault for " + number);
    }

    private MSS_SignatureReqType request(String number, String text, MessagingModeType mode) throws Exception {
        MSS_SignatureReqType request = new MSS_SignatureReqType();
        request.setMajorVersion(BigInteger.ONE);
        request.setMinorVersion(BigInteger.ONE);
        request.setMessagingMode(mode);
        request.setTimeOut(new PositiveInteger("30"));
        request.setAP_Info(provider());
        request.setMSSP_Info(platform());
        MobileUserType user = new MobileUserType();
        user.setMSISDN(number);
        request.setMobileUser(user);
        DataType data = new DataType(text);
        data.setMimeType("text/plain");
        data.setEncoding("UTF-8");
        request.setDataToBeSigned(data);
        return request;
    }

    private AP_InfoType provider() throws Exception {
        AP_InfoType provider = new AP_InfoType();
        provider.setAP_ID(new URI(ap));
        provider.setAP_TransID(new NCName("axis-" + System.nanoTime() + "-" + made++));
        provider.setAP_PWD("");
        provider.setInstant(Calendar.getInstance());
        return provider;
    }

    private static MSSP_InfoType platform() {
        MSSP_InfoType platform = new MSSP_InfoType();
        platform.setMSSP_ID(new MeshMemberType());
        return platform;
    }

    private static int code(StatusType status) {
        return status.getStatusCode().getValue().intValue();
    }

    private void keep(SignatureType signature, String text) throws Exception {
        String name = "signature-" + made++;
        Files.write(out.resolve(name + ".der"), signature.getBase64Signature());
        Files.write(out.resolve(name + ".text"), text.getBytes(StandardCharsets.UTF_8));
    }

    private static void require(boolean isSo, String what) {
        if (!isSo) {
            System.out.println("axis: " + what + ": it is not so");
            System.exit(1);
        }
        System.out.println("axis: " + what);
    }
}
