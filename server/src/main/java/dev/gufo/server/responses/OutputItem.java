package dev.gufo.server.responses;

import dev.gufo.server.http.JsonBytes;

/** One item of a response in the making. Belongs to the request's thread. */
final class OutputItem {
    /** What it is. */
    enum Kind {
        REASONING("rs_"),
        MESSAGE("msg_"),
        FUNCTION_CALL("fc_"),
        CUSTOM_CALL("ctc_");

        private final String prefix;

        Kind(String prefix) {
            this.prefix = prefix;
        }

        /** What ids of such items begin with. */
        String prefix() {
            return prefix;
        }
    }

    /** Where it is. */
    enum Status {
        IN_PROGRESS("in_progress"),
        COMPLETED("completed"),
        INCOMPLETE("incomplete");

        private final String word;

        Status(String word) {
            this.word = word;
        }
    }

    private final Kind kind;
    private final int index;
    private final String id;
    private final String callId; // "" if it is no call
    private final CallTarget target; // likewise without meaning then
    private final RawInput raw = new RawInput();
    private final StringBuilder text = new StringBuilder();
    private final JsonBytes logprobs = new JsonBytes();
    private String seal = ""; // of the reasoning, once it is done and if it is wanted
    private Status status = Status.IN_PROGRESS;

    OutputItem(Kind kind, int index, String id, String callId, CallTarget target) {
        this.kind = kind;
        this.index = index;
        this.id = id;
        this.callId = callId;
        this.target = target;
    }

    Kind kind() {
        return kind;
    }

    int index() {
        return index;
    }

    String id() {
        return id;
    }

    CallTarget target() {
        return target;
    }

    /** All that has come. */
    String text() {
        return text.toString();
    }

    /** The tokens of the text as elements of an array; nothing if they were not asked for. */
    String logprobs() {
        return logprobs.toString();
    }

    /**
     * Takes more in.
     *
     * @return what the text is longer by
     */
    String add(String more) {
        String further = kind == Kind.CUSTOM_CALL ? raw.accept(more) : more;
        text.append(further);
        return further;
    }

    /** What is still to come of the text although nothing comes in any more. */
    String rest() {
        String further = kind == Kind.CUSTOM_CALL ? raw.finish() : "";
        text.append(further);
        return further;
    }

    /** Takes in tokens of the text, as elements of an array. */
    void score(String elements) {
        if (!elements.isEmpty()) {
            logprobs.raw(logprobs.length() == 0 ? "" : ",").raw(elements);
        }
    }

    void end(Status last, String sealed) {
        status = last;
        seal = sealed;
    }

    /** The part of a message or a reasoning that has the text. */
    void partTo(JsonBytes json) {
        if (kind == Kind.REASONING) {
            json.raw("{\"type\":\"reasoning_text\",\"text\":").string(text()).raw("}");
        } else {
            json.raw("{\"type\":\"output_text\",\"text\":")
                    .string(text())
                    .raw(",\"annotations\":[],\"logprobs\":[")
                    .raw(logprobs.toByteArray())
                    .raw("]}");
        }
    }

    /** The item as it is when it has just been added. */
    void addedTo(JsonBytes json) {
        writeTo(json, false);
    }

    /** The item as it is now. */
    void writeTo(JsonBytes json) {
        writeTo(json, true);
    }

    private void writeTo(JsonBytes json, boolean withText) {
        json.raw("{\"id\":").string(id).raw(",\"type\":");
        switch (kind) {
            case REASONING -> {
                status(json.raw("\"reasoning\"")).raw(",\"summary\":[],\"content\":[");
                if (withText) {
                    partTo(json);
                }
                json.raw("]");
                if (!seal.isEmpty()) {
                    json.raw(",\"encrypted_content\":").string(seal);
                }
            }
            case MESSAGE -> {
                status(json.raw("\"message\"")).raw(",\"role\":\"assistant\",\"content\":[");
                if (withText) {
                    partTo(json);
                }
                json.raw("]");
            }
            case FUNCTION_CALL -> call(json.raw("\"function_call\""), "arguments", withText);
            case CUSTOM_CALL -> call(json.raw("\"custom_tool_call\""), CallTarget.INPUT, withText);
        }
        json.raw("}");
    }

    private void call(JsonBytes json, String field, boolean withText) {
        status(json).raw(",\"call_id\":").string(callId).raw(",\"name\":").string(target.name());
        if (!target.namespace().isEmpty()) {
            json.raw(",\"namespace\":").string(target.namespace());
        }
        json.raw(",\"").raw(field).raw("\":").string(withText ? text() : "");
    }

    private JsonBytes status(JsonBytes json) {
        return json.raw(",\"status\":\"").raw(status.word).raw("\"");
    }
}
