import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.examples.BufferedLog;
import io.github.smtpproxy.examples.ProgramLog;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;

/**
 * A program that embeds the proxy with one filter that looks at senders and recipients. Arguments: the port to listen
 * on, the port of the destination.
 */
public final class EnvelopeFilter implements Filter {

    private static final Reply REFUSED = Reply.reject("5.7.1", "Not from there");

    private EnvelopeFilter() {}

    /** Runs it until it is ended. */
    public static void main(String[] args) throws InterruptedException {
        BufferedLog.install(); // as the gateway does, with which it is compared
        ProgramLog.text("info");
        SmtpProxy proxy = SmtpProxy.builder()
                .listen(Endpoint.at("127.0.0.1", Integer.parseInt(args[0]))
                        .maxConnections(10_000)
                        .received(false))
                .router(Router.to(Destination.at("127.0.0.1", Integer.parseInt(args[1]))))
                .filter(new EnvelopeFilter())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(proxy::close));
        Thread.currentThread().join();
    }

    @Override
    public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
        return mail.isFrom("refused.example") ? REFUSED : next.proceed(mail);
    }

    @Override
    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
        return rcpt.recipient().domain().equalsIgnoreCase("refused.example") ? REFUSED : next.proceed(rcpt);
    }
}
