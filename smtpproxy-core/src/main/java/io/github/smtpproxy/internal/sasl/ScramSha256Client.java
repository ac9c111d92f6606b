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

    /** RFC 7677 §4. With fewer, a false server could guess the password from the proof. */
    private static final int MIN_ITERATIONS = 4096;

    /** With more, a server could occupy the processor. */
    private static final int MAX_ITERATIONS = 1_000_000;

    private final ScramClient scram;
    private final byte[] initialResponse;
    private Stage stage = Stage.FIRST;

    private enum Stage {
        FIRST,
        FINAL,
        COMPLETE
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
            // throws for a user name that SASLprep prohibits
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
                case COMPLETE -> throw new ExchangeFailedException("unexpected further challenge of " + NAME);
            };
        } catch (ExchangeFailedException e) {
            throw e;
        } catch (ScramException | RuntimeException e) {
            throw new ExchangeFailedException(NAME, e);
        }
    }

    private byte[] proof(String serverFirst) throws ScramException {
        if (serverFirst.chars().filter(c -> c == ',').count() != 2) {
            // The library fails an assertion with fewer, and leaves more out of its proof, which the server then
            // rejects.
            throw new ExchangeFailedException("the server's first message of " + NAME
                    + " must be nonce, salt and iterations, without extensions");
        }
        int iterations = scram.serverFirstMessage(serverFirst).getIterationCount();
        if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
            throw new ExchangeFailedException("iterations of " + NAME + " must be between " + MIN_ITERATIONS + " and "
                    + MAX_ITERATIONS + ", were " + iterations);
        }
        stage = Stage.FINAL;
        return Text.utf8(scram.clientFinalMessage().toString());
    }

    private byte[] verified(String serverFinal) throws ScramException {
        scram.serverFinalMessage(serverFinal);
        stage = Stage.COMPLETE;
        return new byte[0];
    }

    @Override
    public boolean isComplete() {
        return stage == Stage.COMPLETE;
    }

    @Override
    public String toString() {
        return NAME;
    }
}
