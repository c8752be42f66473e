package dev.gufo.server.cli;

import dev.gufo.server.ServerSettings;
import dev.gufo.server.boot.UsageException;
import dev.gufo.server.policy.ContentChecks;
import dev.gufo.server.policy.PolicyFile;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What the content of requests and answers may be: options of {@code gufo serve}, filled by picocli. */
final class PolicyOptions {
    private static final String DEFAULT = " (default: ${DEFAULT-VALUE}).";

    @Option(
            names = "--policy",
            paramLabel = "FILE",
            description =
                    "What the content of requests and answers may be: rules, a guard model and policies, as JSON; without it"
                            + " nothing is checked.")
    Path policy;

    @Option(
            names = "--policy-on-failure",
            paramLabel = "refuse|allow",
            defaultValue = "refuse",
            description = "What becomes of content that can't be checked" + DEFAULT)
    String policyOnFailure = "";

    void into(ServerSettings.Builder settings) {
        settings.policy(
                new ContentChecks.Settings(Optional.ofNullable(policy).map(PolicyFile::read), refusesOnFailure()));
    }

    private boolean refusesOnFailure() {
        return switch (policyOnFailure) {
            case "refuse" -> true;
            case "allow" -> false;
            default -> throw new UsageException("--policy-on-failure must be refuse or allow, is " + policyOnFailure);
        };
    }
}
