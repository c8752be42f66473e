package dev.gufo.store.pull;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What to download, as it was typed. */
public sealed interface PullSource {
    /**
     * A model in a repository of the hub.
     *
     * @param repository {@code OWNER/REPO}
     * @param quantization how its weights are stored, in any case; empty if {@code file} says all or the usual one is
     *     wanted
     * @param file its path within the repository
     */
    record Hub(String repository, Optional<String> quantization, Optional<String> file) implements PullSource {}

    /** A file at a URL. */
    record Direct(URI url) implements PullSource {}

    /**
     * Understands {@code hf:OWNER/REPO}, {@code hf:OWNER/REPO:QUANT}, {@code hf:OWNER/REPO/FILE} and URLs of HTTP.
     *
     * @throws PullException if {@code typed} is none of them
     */
    static PullSource parse(String typed) throws PullException {
        if (typed.startsWith("hf:")) {
            return hub(typed);
        }
        try {
            URI url = new URI(typed);
            boolean isHttp = "https".equals(url.getScheme()) || "http".equals(url.getScheme());
            if (isHttp && url.getHost() != null && url.getUserInfo() == null) {
                return new Direct(url);
            }
        } catch (URISyntaxException e) {
            throw new PullException("%s is no URL: %s".formatted(typed, e.getReason()), e);
        }
        throw new PullException("%s is neither hf:OWNER/REPO, with :QUANT or /FILE behind it or not, nor a URL of HTTP"
                .formatted(typed));
    }

    private static Hub hub(String typed) throws PullException {
        Matcher parts = Names.HUB.matcher(typed);
        if (!parts.matches() || typed.contains("..")) {
            throw new PullException(
                    "%s is not of the form hf:OWNER/REPO, hf:OWNER/REPO:QUANT or hf:OWNER/REPO/FILE".formatted(typed));
        }
        return new Hub(parts.group(1), Optional.ofNullable(parts.group(2)), Optional.ofNullable(parts.group(3)));
    }

    /** What names may look like: nothing that means something in a path or a URL. */
    final class Names {
        private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}";
        private static final Pattern HUB =
                Pattern.compile("hf:(%s/%s)(?::([A-Za-z0-9_.-]+)|/([A-Za-z0-9._+/-]+))?".formatted(NAME, NAME));
        private static final Pattern FILE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+-]{0,199}\\.gguf");

        private Names() {}

        /**
         * The name under which the file at {@code path} is kept: its last part, if that is harmless.
         *
         * @throws PullException if it is not, or is not the name of a GGUF file
         */
        static String ofFile(String path) throws PullException {
            String name = path.substring(path.lastIndexOf('/') + 1);
            if (!FILE.matcher(name).matches() || name.contains("..")) {
                throw new PullException(
                        "'%s' is no name for a model's file: letters, digits and . _ + - with .gguf at the end are"
                                .formatted(name.replaceAll("\\p{Cntrl}", "?")));
            }
            return name;
        }
    }
}
