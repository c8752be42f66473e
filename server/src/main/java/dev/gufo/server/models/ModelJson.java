package dev.gufo.server.models;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.store.ModelCard;
import java.util.Collection;
import java.util.Locale;

/** Stored models as JSON: OpenAI's fields, and what their files say. */
public final class ModelJson {
    private static final ObjectMapper JSON = new ObjectMapper();

    private ModelJson() {}

    /** A list as {@code GET /v1/models} answers it. */
    public static ObjectNode list(Collection<ObjectNode> models) {
        ObjectNode list = JSON.createObjectNode().put("object", "list");
        list.putArray("data").addAll(models);
        return list;
    }

    /** A model that is on disk. */
    public static ObjectNode of(ModelCard card) {
        ObjectNode node = of(card.id(), card.modified().getEpochSecond());
        addDetails(node, card);
        return node;
    }

    static ObjectNode of(String id, long created) {
        return JSON.createObjectNode()
                .put("id", id)
                .put("object", "model")
                .put("created", created)
                .put("owned_by", "gufo");
    }

    /** What the files say; without their paths, which are for the operator alone. */
    static void addDetails(ObjectNode node, ModelCard card) {
        node.put("size_bytes", card.bytes());
        card.details().ifPresent(details -> {
            if (!node.has("roles")) {
                node.putArray("roles").add(details.purpose().name().toLowerCase(Locale.ROOT));
            }
            details.name().ifPresent(name -> node.put("name", name));
            node.put("architecture", details.architecture())
                    .put("parameters", details.parameters())
                    .put("quantization", details.quantization())
                    .put("context_length", details.contextTokens())
                    .put("chat_template", details.chatTemplate());
            details.license().ifPresent(license -> node.put("license", license));
        });
        card.problem().ifPresent(reason -> node.put("problem", reason));
    }
}
