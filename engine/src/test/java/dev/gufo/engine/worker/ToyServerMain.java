package dev.gufo.engine.worker;

import dev.gufo.engine.EngineStatus;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A server process with a toy worker: prints the worker's process id when it is ready or stuck in loading, then lives
 * until it is killed or its input ends.
 */
final class ToyServerMain {
    private ToyServerMain() {}

    /** Takes the name of the model file and a folder for crash reports. */
    public static void main(String[] args) throws IOException {
        WorkerEngine engine = Toys.start(args[0], Path.of(args[1]));
        EngineStatus awaited =
                args[0].equals(ToyEngine.FINE) ? new EngineStatus.Ready(0, 0) : new EngineStatus.Loading(50);
        while (!engine.status().equals(awaited)) {
            Thread.onSpinWait();
        }
        System.out.println(engine.pid().getAsLong());
        while (System.in.read() >= 0) {
            // until the end
        }
    }
}
