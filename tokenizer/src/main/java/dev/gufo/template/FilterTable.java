package dev.gufo.template;

import dev.gufo.template.Expr.Filter;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Jinja's filters by name. */
final class FilterTable {
    private static final Map<String, Filter> FILTERS = all();

    private FilterTable() {}

    private static Map<String, Filter> all() {
        Map<String, Filter> filters = new HashMap<>();
        filters.put("tojson", PythonJson::filter);
        filters.putAll(TextFilters.FILTERS);
        filters.putAll(LayoutFilters.FILTERS);
        filters.putAll(ValueFilters.FILTERS);
        filters.putAll(SequenceFilters.FILTERS);
        filters.putAll(SelectionFilters.FILTERS);
        return Map.copyOf(filters);
    }

    /** Null if there is none of that name. */
    static @Nullable Filter find(String name) {
        return FILTERS.get(name);
    }
}
