package dev.gufo.server.responses;

import dev.gufo.chat.ReplyDelta;
import dev.gufo.engine.GenerationEvent.Token;
import dev.gufo.server.answer.LogprobsJson;
import dev.gufo.server.answer.ReasoningSeal;
import dev.gufo.server.http.JsonBytes;
import dev.gufo.server.responses.OutputItem.Kind;
import dev.gufo.server.responses.OutputItem.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The items of a response, from the parts of the model's reply. At most one item is open, the last; it is closed before
 * the next is opened. Belongs to the request's thread.
 */
final class Output {
    /** Hears what becomes of the items, in order. */
    interface Listener {
        /** An answer that nobody follows. */
        Listener NONE = new Listener() {
            @Override
            public void opened(OutputItem item) {}

            @Override
            public void grown(OutputItem item, String more, String logprobs) {}

            @Override
            public void closed(OutputItem item) {}
        };

        void opened(OutputItem item);

        /**
         * An item has more text.
         *
         * @param more never empty
         * @param logprobs its tokens as elements of an array; {@code ""} if they were not asked for
         */
        void grown(OutputItem item, String more, String logprobs);

        void closed(OutputItem item);
    }

    private static final CallTarget NO_CALL = new CallTarget(false, "", "");

    private final ResponseTools tools;
    private final Optional<ReasoningSeal> seal;
    private final UnaryOperator<String> ids;
    private final List<OutputItem> items = new ArrayList<>();
    private final ContentTokens tokens = new ContentTokens();
    private Optional<OutputItem> open = Optional.empty();

    /**
     * @param seal seals reasoning, if the client wants that
     * @param ids makes a new id that begins with a prefix
     */
    Output(ResponseTools tools, Optional<ReasoningSeal> seal, UnaryOperator<String> ids) {
        this.tools = tools;
        this.seal = seal;
        this.ids = ids;
    }

    /**
     * Takes in the next parts of the reply.
     *
     * @param scored tokens that came with them, if logprobs were asked for
     */
    void accept(List<ReplyDelta> deltas, List<Token> scored, Listener listener) {
        tokens.add(scored);
        for (ReplyDelta delta : deltas) {
            switch (delta) {
                case ReplyDelta.Reasoning(String text) -> {
                    tokens.take(text);
                    grow(opened(Kind.REASONING, listener), text, "", listener);
                }
                case ReplyDelta.Content(String text) ->
                    grow(opened(Kind.MESSAGE, listener), text, elements(tokens.take(text)), listener);
                case ReplyDelta.CallBegin(int _, String id, String name) -> {
                    close(Status.COMPLETED, listener);
                    CallTarget target = tools.target(name);
                    open(target.custom() ? Kind.CUSTOM_CALL : Kind.FUNCTION_CALL, id, target, listener);
                }
                case ReplyDelta.CallArguments(int _, String json) -> grow(open.orElseThrow(), json, "", listener);
                case ReplyDelta.CallEnd _ -> close(Status.COMPLETED, listener);
            }
        }
    }

    private static String elements(List<Token> scored) {
        var json = new JsonBytes();
        LogprobsJson.writeElements(json, scored);
        return json.toString();
    }

    /**
     * Nothing more comes. A response without any item gets an empty message, since clients look for one.
     *
     * @param cut whether the reply was cut off: then what is open is incomplete
     */
    void finish(boolean cut, Listener listener) {
        if (items.isEmpty()) {
            open(Kind.MESSAGE, "", NO_CALL, listener);
        }
        boolean call = open.map(OutputItem::kind)
                .filter(kind -> kind == Kind.FUNCTION_CALL || kind == Kind.CUSTOM_CALL)
                .isPresent();
        close(cut || call ? Status.INCOMPLETE : Status.COMPLETED, listener);
    }

    private OutputItem opened(Kind kind, Listener listener) {
        if (open.isPresent() && open.get().kind() == kind) {
            return open.get();
        }
        close(Status.COMPLETED, listener);
        return open(kind, "", NO_CALL, listener);
    }

    private OutputItem open(Kind kind, String callId, CallTarget target, Listener listener) {
        var item = new OutputItem(kind, items.size(), ids.apply(kind.prefix()), callId, target);
        items.add(item);
        open = Optional.of(item);
        listener.opened(item);
        return item;
    }

    private static void grow(OutputItem item, String more, String logprobs, Listener listener) {
        String further = item.add(more);
        item.score(logprobs);
        if (!further.isEmpty()) {
            listener.grown(item, further, logprobs);
        }
    }

    private void close(Status status, Listener listener) {
        if (open.isEmpty()) {
            return;
        }
        OutputItem item = open.get();
        String rest = item.rest();
        if (!rest.isEmpty()) {
            listener.grown(item, rest, "");
        }
        boolean sealed = item.kind() == Kind.REASONING && seal.isPresent();
        item.end(status, sealed ? seal.get().seal(item.text()) : "");
        open = Optional.empty();
        listener.closed(item);
    }

    /** The items as they are now, as an array. */
    void writeTo(JsonBytes json) {
        json.raw("[");
        for (OutputItem item : items) {
            item.writeTo(json.raw(item.index() == 0 ? "" : ","));
        }
        json.raw("]");
    }

    /** The items in the form in which they are kept. */
    List<StoredResponse.Item> kept() {
        return items.stream()
                .map(item -> {
                    var json = new JsonBytes();
                    item.writeTo(json);
                    return new StoredResponse.Item(item.id(), json.toString());
                })
                .toList();
    }

    /** Ends what is open without telling anyone, because the response has failed. */
    void breakOff() {
        open.ifPresent(item -> item.end(Status.INCOMPLETE, ""));
    }
}
