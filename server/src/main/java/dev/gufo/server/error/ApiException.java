package dev.gufo.server.error;

/** Carries a {@link Problem} to the place that answers it. */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    public ApiException(Problem problem) {
        // A client's mistake is no fault to trace: without its stack it costs little.
        super(problem.toString(), null, false, false);
        this.problem = problem;
    }

    /** A field with a wrong type or value; see {@link Problem.Invalid}. */
    public static ApiException invalid(String param, String message) {
        return new ApiException(new Problem.Invalid(param, message));
    }

    /** A field that asks for what is not there; see {@link Problem.Unsupported}. */
    public static ApiException unsupported(String param, String message) {
        return new ApiException(new Problem.Unsupported(param, message));
    }

    /** What went wrong. */
    public Problem problem() {
        return problem;
    }
}
