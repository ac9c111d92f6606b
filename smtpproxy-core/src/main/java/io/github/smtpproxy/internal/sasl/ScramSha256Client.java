package io.github.smtpproxy.internal.sasl;

import com.ongres.scram.client.ScramClient;
import com.ongres.scram.common.StringPreparation;
import com.ongres.scram.common.exception.ScramException;
import io.github.smtpproxy.route.Credentials.Password;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** SCRAM-SHA-256 (RFC 5802, RFC 7677) without channel binding. */
final class ScramSha256Client implements ClientExchange {

    private static final String NAME = "SCRAM-SHA-256";

    /** RFC 7677 §4: fewer would let a false server guess the password from the proof. */
    private static final int MIN_ITERATIONS = 4096;

    /** More would let it keep our processor. */
    private static final int MAX_ITERATIONS = 1_000_000;

    private final ScramClient scram;
    private final byte[] initialResponse;
    private Stage stage = Stage.FIRST;

    private enum Stage {
        FIRST,
        FINAL,
        SATISFIED
    }

    ScramSha256Client(Password credentials) {
        this(builder(credentials));
    }

    ScramSha256Client(Password credentials, Supplier<String> nonce) {
        this(builder(credentials).nonceSupplier(nonce));
    }

    private ScramSha256Client(ScramClient.FinalBuildStage builder) {
        try {
            this.scram = builder.build();
            // Here, for a name that SASLprep forbids fails in it.
            this.initialResponse = Text.utf8(scram.clientFirstMessage().toString());
        } catch (RuntimeException e) {
            throw new ExchangeFailedException(NAME, e);
        }
    }

    private static ScramClient.FinalBuildStage builder(Password credentials) {
        return ScramClient.builder()
                .advertisedMechanisms(List.of(NAME))
                .username(credentials.user())
                .password(credentials.password().toCharArray())
                .stringPreparation(StringPreparation.SASL_PREPARATION);
    }

    @Override
    public String mechanism() {
        return NAME;
    }

    @Override
    public Optional<byte[]> initialResponse() {
        return Optional.of(initialResponse.clone());
    }

    @Override
    public byte[] respond(byte[] challenge) {
        try {
            return switch (stage) {
                case FIRST -> proof(Text.of(challenge));
                case FINAL -> verified(Text.of(challenge));
                case SATISFIED -> throw new ExchangeFailedException("one challenge more than " + NAME + " has");
            };
        } catch (ExchangeFailedException e) {
            throw e;
        } catch (ScramException | RuntimeException e) {
            throw new ExchangeFailedException(NAME, e);
        }
    }

    private byte[] proof(String serverFirst) throws ScramException {
        if (serverFirst.chars().filter(c -> c == ',').count() != 2) {
            // With fewer the library trips over an assertion; more it would leave out of its proof, and be refused.
            throw new ExchangeFailedException("the server's first message of " + NAME
                    + " is not nonce, salt and iterations; extensions are not known here");
        }
        int iterations = scram.serverFirstMessage(serverFirst).getIterationCount();
        if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
            throw new ExchangeFailedException("the iterations of " + NAME + " are " + MIN_ITERATIONS + " to "
                    + MAX_ITERATIONS + ", and the server asks for " + iterations);
        }
        stage = Stage.FINAL;
        return Text.utf8(scram.clientFinalMessage().toString());
    }

    private byte[] verified(String serverFinal) throws ScramException {
        scram.serverFinalMessage(serverFinal);
        stage = Stage.SATISFIED;
        return new byte[0];
    }

    @Override
    public boolean isComplete() {
        return stage == Stage.SATISFIED;
    }

    @Override
    public String toString() {
        return NAME;
    }
}
