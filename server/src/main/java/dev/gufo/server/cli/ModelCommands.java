package dev.gufo.server.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.server.boot.Reasons;
import dev.gufo.server.boot.StartFailed;
import dev.gufo.server.database.Database;
import dev.gufo.server.database.DatabaseException;
import dev.gufo.server.models.AliasHistory;
import dev.gufo.server.models.AliasMove;
import dev.gufo.server.models.ModelJson;
import dev.gufo.store.ModelCard;
import dev.gufo.store.ModelDirectory;
import dev.gufo.store.StoredModel;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Scanner;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code gufo models}, {@code gufo show} and {@code gufo rm}: what is in the models folder, without a server. */
final class ModelCommands {
    private static final int DIGITS = 12; // of a digest, for people

    private ModelCommands() {}

    /** {@code gufo models}. */
    @Command(name = "models", sortOptions = false, description = "List the models in the models folder.")
    static final class ListAll implements Callable<Integer> {
        @Mixin
        ModelFolderOptions folder;

        @Option(names = "--json", description = "Print JSON, as /v1/models does.")
        boolean json;

        private final PrintStream out;

        ListAll(PrintStream out) {
            this.out = out;
        }

        @Override
        public Integer call() {
            List<ModelCard> cards = folder.cards();
            if (json) {
                return print(
                        out,
                        ModelJson.list(cards.stream().map(ModelJson::of).toList())
                                .toPrettyString());
            }
            return print(
                    out,
                    cards.isEmpty()
                            ? "There are no models in %s; gufo pull gets some.".formatted(folder.path())
                            : ModelText.table(cards));
        }
    }

    /** {@code gufo models history}. */
    @Command(
            name = "history",
            sortOptions = false,
            description = "List which models the aliases have meant, the newest first.")
    static final class History implements Callable<Integer> {
        @Parameters(paramLabel = "ALIAS", arity = "0..1", description = "Only of this alias.")
        String alias;

        @Mixin
        KeyDatabase place;

        @Option(names = "--json", description = "Print JSON, as /admin/aliases does.")
        boolean json;

        private final PrintStream out;

        History(PrintStream out) {
            this.out = out;
        }

        @Override
        public Integer call() {
            List<AliasMove> moves = moves().stream()
                    .filter(move -> alias == null || move.alias().equals(alias))
                    .toList();
            if (json) {
                return print(
                        out,
                        ModelJson.list(moves.stream().map(AliasMove::json).toList())
                                .toPrettyString());
            }
            return print(out, moves.isEmpty() ? "No alias has meant anything yet." : table(moves));
        }

        private List<AliasMove> moves() {
            try (Database database = place.open()) {
                return new AliasHistory(database, InstantSource.system()).all();
            } catch (DatabaseException e) {
                throw StartFailed.of(e);
            }
        }

        private static String table(List<AliasMove> moves) {
            var rows = new ArrayList<List<String>>();
            rows.add(List.of("TIME", "ALIAS", "MODEL", "DIGEST", "BY"));
            for (AliasMove move : moves) {
                rows.add(List.of(
                        move.time().truncatedTo(ChronoUnit.SECONDS).toString(),
                        TextRows.plain(move.alias()),
                        TextRows.plain(move.model()),
                        move.digest().isEmpty() ? "-" : move.digest().substring(0, DIGITS),
                        move.settings() ? "settings file" : TextRows.plain(move.author())));
            }
            return TextRows.lines(rows);
        }
    }

    /** {@code gufo show}. */
    @Command(name = "show", sortOptions = false, description = "Show what a model's file says about it.")
    static final class Show implements Callable<Integer> {
        @Parameters(paramLabel = "MODEL", description = "The model's name, as gufo models lists it.")
        String model;

        @Mixin
        ModelFolderOptions folder;

        @Option(names = "--json", description = "Print JSON.")
        boolean json;

        private final PrintStream out;

        Show(PrintStream out) {
            this.out = out;
        }

        @Override
        public Integer call() {
            ModelCard card = ModelCard.of(folder.named(model));
            if (!json) {
                return print(out, ModelText.sheet(card));
            }
            ObjectNode node = ModelJson.of(card);
            var files = node.putArray("files");
            card.files().forEach(file -> files.add(file.toString()));
            return print(out, node.toPrettyString());
        }
    }

    /** {@code gufo rm}. */
    @Command(name = "rm", sortOptions = false, description = "Remove a model's files.")
    static final class Remove implements Callable<Integer> {
        @Parameters(paramLabel = "MODEL", description = "The model's name, as gufo models lists it.")
        String model;

        @Mixin
        ModelFolderOptions folder;

        @Option(names = "--yes", description = "Do not ask.")
        boolean yes;

        private final InputStream in;
        private final PrintStream out;

        Remove(InputStream in, PrintStream out) {
            this.in = in;
            this.out = out;
        }

        @Override
        public Integer call() {
            StoredModel found = folder.named(model);
            if (!yes && !confirmed(found)) {
                throw new StartFailed("%s was not removed".formatted(model));
            }
            Path root = folder.path();
            try {
                new ModelDirectory(root).remove(found);
            } catch (IOException e) {
                throw new StartFailed("%s can't be removed: %s".formatted(model, Reasons.of(e)));
            }
            return print(out, "Removed %s, %s.".formatted(model, ModelText.size(found.bytes())));
        }

        private boolean confirmed(StoredModel found) {
            for (Path file : found.files()) {
                out.println(file);
            }
            out.printf("Remove %s? [y/N] ", ModelText.size(found.bytes()));
            out.flush();
            var answers = new Scanner(in, StandardCharsets.UTF_8);
            return answers.hasNextLine()
                    && List.of("y", "yes").contains(answers.nextLine().strip().toLowerCase(Locale.ROOT));
        }
    }

    static int print(PrintStream out, String text) {
        byte[] bytes = (text + System.lineSeparator()).getBytes(StandardCharsets.UTF_8);
        out.write(bytes, 0, bytes.length); // as it is: print() would go through the terminal's charset
        out.flush();
        return GufoCommand.DONE;
    }
}
