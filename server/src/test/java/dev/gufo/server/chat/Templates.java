package dev.gufo.server.chat;

/** Chat templates for tests: turns in brackets, and whatever a test needs of tools and reasoning. */
final class Templates {
    private static final String END = "{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}";

    private Templates() {}

    /** One whose calls look like {@code call}, in which {@code f} is the called function. */
    static String calling(String call) {
        return "{% if tools %}{{ tools | tojson }}{% endif %}"
                + "{% for m in messages %}[{{ m.role }}]{{ m.content }}"
                + "{% for c in m.tool_calls or [] %}{% set f = c.function %}" + call + "{% endfor %}" + END;
    }

    /** One that reasons between {@code <think>} and {@code </think>}, and shows what the request says about that. */
    static final String THINKING = "{% for m in messages %}[{{ m.role }}]"
            + "{% if m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif %}{{ m.content }}" + END
            + "{% if enable_thinking is defined and not enable_thinking %}<think></think>{% endif %}"
            + "{% if reasoning_effort is defined %}(effort {{ reasoning_effort }}){% endif %}"
            + "{% if mood is defined %}(mood {{ mood }}){% endif %}";

    /** One whose prompt ends within reasoning. */
    static final String OPENED = THINKING + "<think>\n";

    /** Calls as Qwen3-Coder writes them, strings as they are. */
    static final String MARKED = calling("""
            <tool_call>
            <function={{ f.name }}>
            {% for k, v in f.arguments.items() %}<parameter={{ k }}>
            {{ v if v is string else v | tojson }}
            </parameter>
            {% endfor %}</function>
            </tool_call>""");

    /** Messages in channels. */
    static final String HARMONY = calling("<|start|>assistant to=functions.{{ f.name }}<|channel|>commentary json"
            + "<|message|>{{ f.arguments | tojson }}");

    /** Calls as Hermes and Qwen write them. */
    static final String HERMES =
            calling("<tool_call>{{ {'name': f.name, 'arguments': f.arguments} | tojson }}</tool_call>");
}
