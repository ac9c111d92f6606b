package io.github.smtpproxy.examples;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A size of an option: octets, or a number with K, M or G, which are 1024, 1024² and 1024³ octets. */
final class SizeConverter implements ITypeConverter<Long> {

    private static final Pattern FORM = Pattern.compile("(\\d{1,12})([KMG]?)");

    @Override
    public Long convert(String value) {
        Matcher m = FORM.matcher(value.toUpperCase(Locale.ROOT));
        if (!m.matches()) {
            throw new TypeConversionException("must be a size such as 500000, 512K or 25M, was '" + value + "'");
        }
        long size = Long.parseLong(m.group(1));
        long unit = unit(m.group(2));
        if (size > Long.MAX_VALUE / unit) {
            throw new TypeConversionException("must be a size of less than 8 exbibytes, was '" + value + "'");
        }
        return size * unit;
    }

    private static long unit(String letter) {
        return switch (letter) {
            case "K" -> 1L << 10;
            case "M" -> 1L << 20;
            case "G" -> 1L << 30;
            default -> 1;
        };
    }
}
