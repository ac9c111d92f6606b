package com.example.mail;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.filters.LimitSize;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** Stands in front of a mail server. Arguments: the port to listen on, the server's host and port. */
public final class MailFront {

    private static final Duration DRAIN = Duration.ofSeconds(30);

    private MailFront() {}

    /** Runs until the process is asked to end; sessions in the middle of a message end it first. */
    public static void main(String[] args) throws InterruptedException {
        SmtpProxy proxy = start(Integer.parseInt(args[0]), args[1], Integer.parseInt(args[2]));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> proxy.drain(DRAIN)));
        System.out.println("listening on " + proxy.address());
        new CountDownLatch(1).await();
    }

    static SmtpProxy start(int port, String host, int serverPort) {
        return SmtpProxy.builder()
                .listen(Endpoint.at("127.0.0.1", port).hostname("front.example.com"))
                .router(Router.to(Destination.at(host, serverPort)))
                .filter(new RefuseStrangers("example.com"))
                .filter(LimitSize.to(10_000_000))
                .start();
    }
}
