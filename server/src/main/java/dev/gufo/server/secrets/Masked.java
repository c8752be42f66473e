package dev.gufo.server.secrets;

import java.util.regex.Pattern;

/** Texts for people without the passwords that URLs carry in them. Errors of drivers and clients quote whole URLs. */
public final class Masked {
    /** All up to the last {@code @}: a password that should have been encoded may hold a slash or another {@code @}. */
    private static final Pattern USER = Pattern.compile("(?<=://)[^\\s\"'<>]*@");

    private static final Pattern PARAMETER =
            Pattern.compile("(?i)([?&;]\\w*(?:password|passwd|pwd|secret|token|api_?key)\\w*=)[^&;\\s\"'<>]*");

    private static final Pattern NAMED = Pattern.compile("(?i)([?&;]user(?:name)?=)[^&;\\s\"'<>]*");

    private Masked() {}

    /** The same with {@code ***} for the user information of every URL, and for parameters of URLs that are secrets. */
    public static String text(String text) {
        if (text.indexOf(':') < 0 && text.indexOf('=') < 0) {
            return text;
        }
        String masked = text.contains("://") ? USER.matcher(text).replaceAll("***@") : text;
        if (masked.indexOf('=') < 0) {
            return masked;
        }
        return NAMED.matcher(PARAMETER.matcher(masked).replaceAll("$1***")).replaceAll("$1***");
    }

    /** The message of an exception, or its kind if it has none, masked. */
    public static String message(Throwable cause) {
        String message = cause.getMessage();
        return message == null || message.isBlank() ? cause.getClass().getSimpleName() : text(message);
    }
}
