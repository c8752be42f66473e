package dev.gufo.bench;

/** An exchange ended without a complete response. */
final class ExchangeFailed extends Exception {
    private final transient Failure.Broken failure;

    ExchangeFailed(Failure.Broken failure, Throwable cause) {
        super(failure.label(), cause);
        this.failure = failure;
    }

    ExchangeFailed(Failure.Broken failure) {
        this(failure, null);
    }

    Failure.Broken failure() {
        return failure;
    }
}
