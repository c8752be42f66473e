package dev.gufo.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.server.access.KeyJson;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.boot.StartFailed;
import dev.gufo.server.boot.UsageException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code gufo keys}: administration of keys without a server, in its database. A server that runs sees changes within
 * seconds.
 */
@Command(
        name = "keys",
        synopsisSubcommandLabel = "COMMAND",
        description = "Make, show, change and revoke API keys.",
        footer =
                "%nThe first key makes a key necessary for everyone. A server that runs sees changes within 5 seconds.")
final class KeysCommand implements Callable<Integer> {
    @CommandLine.Spec
    CommandLine.Model.CommandSpec spec;

    private KeysCommand() {}

    static CommandLine commandLine(PrintStream out) {
        return new CommandLine(new KeysCommand())
                .addSubcommand(new Create(out))
                .addSubcommand(new ListAll(out))
                .addSubcommand(new Show(out))
                .addSubcommand(new Update(out))
                .addSubcommand(new Revoke(out));
    }

    @Override
    public Integer call() {
        throw new CommandLine.ParameterException(spec.commandLine(), "a command is missing");
    }

    /** What all of them have. */
    private abstract static class OfKeys implements Callable<Integer> {
        @Mixin
        KeyDatabase database;

        @Option(names = "--json", description = "Print JSON, as /admin/keys does.")
        boolean json;

        private final PrintStream out;

        OfKeys(PrintStream out) {
            this.out = out;
        }

        Integer print(JsonNode asJson, String asText) {
            String text = json ? asJson.toPrettyString() : asText;
            byte[] bytes = (text.strip() + System.lineSeparator()).getBytes(StandardCharsets.UTF_8);
            out.write(bytes, 0, bytes.length); // as it is: print() would go through the terminal's charset
            out.flush();
            return GufoCommand.DONE;
        }

        Integer print(StoredKey key) {
            return print(KeyJson.describe(key), KeyText.sheet(key));
        }

        /** The key that was named by its id or its prefix. */
        StoredKey named(KeyStore store, String named) {
            return store.list().stream()
                    .filter(key -> key.id().equals(named) || key.prefix().equals(named))
                    .findFirst()
                    .orElseThrow(() -> new StartFailed(
                            "there is no key with the id or prefix '%s'; gufo keys list shows all".formatted(named)));
        }
    }

    @Command(name = "create", sortOptions = false, description = "Make a key and show it, this once.")
    private static final class Create extends OfKeys {
        @Option(
                names = "--name",
                paramLabel = "NAME",
                description = "What to call it (default: that of the owner, or key).")
        String name;

        @Mixin
        KeyOptions options;

        Create(PrintStream out) {
            super(out);
        }

        @Override
        public Integer call() {
            String called = name != null ? name : options.owner != null ? options.owner : "key";
            StoredKey.Terms terms = options.over(terms(called));
            KeyStore.Created created = database.use(store -> store.create(terms));
            return print(
                    KeyJson.describe(created),
                    "%s%n%n%s%n%nKeep the key now: it can't be shown again."
                            .formatted(created.secret(), KeyText.sheet(created.key())));
        }
    }

    @Command(name = "list", sortOptions = false, description = "List all keys, oldest first.")
    private static final class ListAll extends OfKeys {
        @Option(names = "--all", description = "Revoked ones too.")
        boolean all;

        ListAll(PrintStream out) {
            super(out);
        }

        @Override
        public Integer call() {
            List<StoredKey> keys = database.use(KeyStore::list).stream()
                    .filter(key -> all || key.revoked().isEmpty())
                    .toList();
            return print(KeyJson.describe(keys), KeyText.table(keys));
        }
    }

    @Command(name = "show", sortOptions = false, description = "Show what is known of a key.")
    private static final class Show extends OfKeys {
        @Parameters(paramLabel = "ID|PREFIX", description = "The key's id or visible prefix.")
        String named;

        Show(PrintStream out) {
            super(out);
        }

        @Override
        public Integer call() {
            return print(database.<StoredKey>use(store -> named(store, named)));
        }
    }

    @Command(name = "update", sortOptions = false, description = "Change a key.")
    private static final class Update extends OfKeys {
        @Parameters(paramLabel = "ID|PREFIX", description = "The key's id or visible prefix.")
        String named;

        @Option(names = "--name", paramLabel = "NAME", description = "What to call it.")
        String name;

        @Mixin
        KeyOptions options;

        Update(PrintStream out) {
            super(out);
        }

        @Override
        public Integer call() {
            return print(database.<StoredKey>use(store -> store.update(
                            named(store, named).id(),
                            terms -> options.over(name == null ? terms : renamed(terms, name)))
                    .orElseThrow(() -> new AssertionError("rows of keys are never removed"))));
        }
    }

    @Command(name = "revoke", sortOptions = false, description = "End a key for good.")
    private static final class Revoke extends OfKeys {
        @Parameters(paramLabel = "ID|PREFIX", description = "The key's id or visible prefix.")
        String named;

        Revoke(PrintStream out) {
            super(out);
        }

        @Override
        public Integer call() {
            return print(database.<StoredKey>use(
                    store -> store.revoke(named(store, named).id())
                            .orElseThrow(() -> new AssertionError("rows of keys are never removed"))));
        }
    }

    private static StoredKey.Terms terms(String name) {
        try {
            return StoredKey.Terms.named(name);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--name: " + e.getMessage());
        }
    }

    private static StoredKey.Terms renamed(StoredKey.Terms terms, String name) {
        try {
            return terms.withName(name);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--name: " + e.getMessage());
        }
    }
}
