package io.github.smtpproxy.state.redis;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.async.RedisScriptingAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A Lua script that Redis runs as one step. It is named by its hash; only a server that does not know it yet gets the text.
 *
 * @param type of what it returns
 */
record Script(String text, String hash, ScriptOutputType type) {

    static Script of(ScriptOutputType type, String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8));
            return new Script(text, HexFormat.of().formatHex(hash), type);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
    }

    <T> CompletableFuture<T> run(
            RedisScriptingAsyncCommands<String, String> redis, List<String> keys, String... arguments) {
        String[] names = keys.toArray(String[]::new);
        return redis.<T>evalsha(hash, type, names, arguments)
                .toCompletableFuture()
                .exceptionallyCompose(failure -> failure instanceof RedisNoScriptException
                        ? redis.<T>eval(text, type, names, arguments).toCompletableFuture()
                        : CompletableFuture.failedFuture(failure));
    }
}
