package dev.gufo.template;

import dev.gufo.template.Expr.Filter;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Jinja's filters by name. */
final class FilterTable {
    private static final Map<String, Filter> FILTERS = new HashMap<>();

    static {
        FILTERS.put("tojson", PythonJson::filter);
        FILTERS.putAll(TextFilters.FILTERS);
        FILTERS.putAll(LayoutFilters.FILTERS);
        FILTERS.putAll(ValueFilters.FILTERS);
        FILTERS.putAll(SequenceFilters.FILTERS);
        FILTERS.putAll(SelectionFilters.FILTERS);
    }

    private FilterTable() {}

    /** Null if there is none of that name. */
    static @Nullable Filter find(String name) {
        return FILTERS.get(name);
    }
}
