import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.examples.BufferedLog;
import io.github.smtpproxy.examples.ProgramLog;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;

/**
 * A program that embeds the proxy and makes one RSA signature for each message, and nothing with it: what signing costs
 * beyond that is what DKIM costs. Arguments: the port to listen on, the port of the destination.
 */
public final class SignatureAlone implements Filter {

    private static final byte[] FIELDS = new byte[512];

    private final PrivateKey key;

    private SignatureAlone(PrivateKey key) {
        this.key = key;
    }

    /** Runs it until it is ended. */
    public static void main(String[] args) throws InterruptedException, GeneralSecurityException {
        BufferedLog.install(); // as the gateway does, with which it is compared
        ProgramLog.text("info");
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        SmtpProxy proxy = SmtpProxy.builder()
                .listen(Endpoint.at("127.0.0.1", Integer.parseInt(args[0]))
                        .maxConnections(10_000)
                        .received(false))
                .router(Router.to(Destination.at("127.0.0.1", Integer.parseInt(args[1]))))
                .filter(new SignatureAlone(generator.generateKeyPair().getPrivate()))
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(proxy::close));
        Thread.currentThread().join();
    }

    @Override
    public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
        try {
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initSign(key);
            signature.update(FIELDS);
            signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot sign", e);
        }
        return next.proceed(mail);
    }
}
