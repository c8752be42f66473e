package dev.gufo.server.boot;

import static java.util.Objects.requireNonNull;

import dev.gufo.server.models.Profile;
import dev.gufo.server.models.Residence;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.models.ServedModels;
import dev.gufo.store.ModelDigests;
import dev.gufo.store.StoredModel;
import dev.gufo.template.ChatTemplate;
import dev.gufo.template.Dialect;
import dev.gufo.template.TemplateException;
import dev.gufo.template.TemplateLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Under which names clients find which models, and what the operator has set for each.
 *
 * @param table what the settings file says
 * @param chatTemplate a template instead of all models' own
 * @param embeddings chat models that make vectors too
 * @param onDemand whether models of the folder are served that were not named at the start
 * @param templates sources of the table's templates
 */
public record ModelRegistry(
        ModelTable table,
        Optional<String> chatTemplate,
        List<String> embeddings,
        boolean onDemand,
        Map<Path, String> templates) {
    /**
     * Reads the templates.
     *
     * @throws StartFailed if one can't be read or is none
     */
    public static ModelRegistry of(
            ModelTable table, Optional<Path> chatTemplate, List<String> embeddings, boolean onDemand) {
        var templates = new HashMap<Path, String>();
        table.models()
                .values()
                .forEach(model -> model.chatTemplate().ifPresent(file -> templates.put(file, readTemplate(file))));
        table.aliases()
                .values()
                .forEach(alias -> alias.chatTemplate().ifPresent(file -> templates.put(file, readTemplate(file))));
        return new ModelRegistry(table, chatTemplate.map(ModelRegistry::readTemplate), embeddings, onDemand, templates);
    }

    private static String readTemplate(Path file) {
        try {
            String source = Files.readString(file);
            ChatTemplate.parse(source, Dialect.GENERATION_BLOCKS, TemplateLimits.DEFAULT);
            return source;
        } catch (IOException e) {
            throw new StartFailed("%s can't be read: %s".formatted(file, Reasons.of(e)));
        } catch (TemplateException e) {
            throw new StartFailed("%s is no chat template: %s".formatted(file, e.getMessage()));
        }
    }

    /**
     * Checks that whatever the table names is there.
     *
     * @throws StartFailed with the name that is not
     */
    public void requireModels(List<StoredModel> first, List<StoredModel> stored) {
        table.models().keySet().forEach(id -> requireModel("models." + id, id, first, stored));
        table.aliases().forEach((name, alias) -> {
            requireModel("aliases." + name, alias.model(), first, onDemand ? stored : List.of());
            if (find(name, first).or(() -> find(name, stored)).isPresent()) {
                throw new StartFailed("aliases.%s: a model has that name already".formatted(name));
            }
        });
    }

    private static void requireModel(String key, String id, List<StoredModel> first, List<StoredModel> stored) {
        if (find(id, first).or(() -> find(id, stored)).isEmpty()) {
            throw new StartFailed("%s: no model '%s' is served".formatted(key, id));
        }
    }

    private static Optional<StoredModel> find(String id, List<StoredModel> models) {
        return models.stream().filter(model -> model.id().equals(id)).findFirst();
    }

    /** Everything that clients may name; the first of the running ones is the default. */
    public ServedModels serve(RunningModels running, Supplier<List<StoredModel>> stored, ModelDigests digests) {
        var named = new ArrayList<ServedModel>();
        running.first().forEach(file -> named.add(serve(running, file)));
        table.aliases().forEach((name, alias) -> {
            StoredModel file = find(alias.model(), running.first())
                    .or(() -> find(alias.model(), stored.get()))
                    .orElseThrow();
            named.add(serve(running, name, file));
        });
        return new ServedModels(
                named,
                stored,
                file -> onDemand ? Optional.of(serve(running, file)) : Optional.empty(),
                (name, file) -> serve(running, name, file),
                digests);
    }

    /** A file under an alias. */
    private ServedModel serve(RunningModels running, String name, StoredModel file) {
        ModelTable.Alias alias = requireNonNull(table.aliases().get(name));
        var profile = new Profile(
                alias.chatTemplate().map(templates::get).or(() -> template(file.id())),
                alias.parameters(),
                embeddings.contains(file.id()));
        return new ServedModel(
                name, new Residence(running.pool(), file.id()), profile, Optional.of(file), file.modified());
    }

    private ServedModel serve(RunningModels running, StoredModel file) {
        var profile = new Profile(template(file.id()), Profile.NO_PARAMETERS, embeddings.contains(file.id()));
        return new ServedModel(
                file.id(), new Residence(running.pool(), file.id()), profile, Optional.of(file), file.modified());
    }

    private Optional<String> template(String id) {
        return table.of(id).chatTemplate().map(templates::get).or(() -> chatTemplate);
    }
}
