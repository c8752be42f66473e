package dev.gufo.bench;

/** Takes a response's status and lets its body go. */
final class StatusOnly implements HttpResponse.Receiver {
    private int status;

    int status() {
        return status;
    }

    @Override
    public void head(int status) {
        this.status = status;
    }

    @Override
    public void body(byte[] bytes, int from, int to, long readNanos) {}
}
