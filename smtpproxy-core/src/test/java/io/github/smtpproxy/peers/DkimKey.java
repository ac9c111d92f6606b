package io.github.smtpproxy.peers;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** A key of client.test for DKIM (RFC 6376), selector sel. */
record DkimKey(String pem, String record) {

    private static final String PYTHON = "/usr/bin/python3";
    private static final String LIBRARY = "/usr/lib/python3/dist-packages/dkim/__init__.py";
    private static final String VERIFY = """
        import sys, dkim
        key = sys.argv[1].encode()
        ok = dkim.verify(sys.stdin.buffer.read(), dnsfunc=lambda name, timeout=5: key)
        print('pass' if ok else 'fail')
        """;

    static DkimKey create() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            KeyPair pair = generator.generateKeyPair();
            String pem = "-----BEGIN PRIVATE KEY-----\n"
                    + Base64.getMimeEncoder(64, new byte[] {'\n'})
                            .encodeToString(pair.getPrivate().getEncoded())
                    + "\n-----END PRIVATE KEY-----\n";
            String p = Base64.getEncoder().encodeToString(pair.getPublic().getEncoded());
            return new DkimKey(pem, "v=DKIM1; k=rsa; p=" + p);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** Whether dkimpy finds the message's signature good. */
    boolean verifies(String message) {
        Peer.require(PYTHON);
        Peer.requireFile(LIBRARY);
        Peer.Run run = Peer.run(message, PYTHON, "-c", VERIFY, record);
        if (run.status() != 0) {
            throw new AssertionError(run.output());
        }
        return run.output().strip().equals("pass");
    }
}
