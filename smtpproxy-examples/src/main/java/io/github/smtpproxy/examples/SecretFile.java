package io.github.smtpproxy.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A file whose content only this program should know. */
final class SecretFile {

    private static final Logger log = LoggerFactory.getLogger(SecretFile.class);

    private SecretFile() {}

    /** The same file, with a warning where every user of the machine can read it. */
    static Path checked(Path file) {
        try {
            Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
            if (mode.contains(PosixFilePermission.OTHERS_READ)) {
                log.warn(
                        "{}: holds secrets, and every user of this machine can read it ({}): chmod o-r",
                        file,
                        PosixFilePermissions.toString(mode));
            }
        } catch (IOException | UnsupportedOperationException unknown) {
            // who reads it says why it cannot be read; other systems have other permissions
        }
        return file;
    }
}
