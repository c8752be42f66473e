package dev.gufo.engine.batch;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/**
 * One step of the engine in a flight recording of the model's process: what entered it, and where its time went. Costs
 * nothing while none is recorded.
 */
@Name("dev.gufo.Step")
@Label("Step")
@Category("Gufo")
@Description("A step of the engine: requests start, a batch is planned, computed, and its tokens are handed out")
@StackTrace(false)
final class StepEvent extends Event {
    @Label("Sequences")
    int sequences;

    @Label("Tokens of Prompts")
    int promptTokens;

    @Label("Tokens in the Batch")
    @Description("With padding and guesses")
    int batchTokens;

    @Label("Started")
    @Description("Requests that got a slot")
    int started;

    @Label("Moved Out")
    @Description("States that went to main memory to make room")
    @DataAmount
    long movedOut;

    @Label("Starting")
    @Description("Finding slots, and copying states there and out of them")
    @Timespan(Timespan.NANOSECONDS)
    long starting;

    @Label("Planning")
    @Timespan(Timespan.NANOSECONDS)
    long planning;

    @Label("Submitting")
    @Description("llama_decode: on a GPU the work is queued, on a CPU computed")
    @Timespan(Timespan.NANOSECONDS)
    long submitting;

    @Label("Waiting")
    @Description("llama_synchronize: what of the device's work was not over by then")
    @Timespan(Timespan.NANOSECONDS)
    long waiting;

    @Label("Handing Out")
    @Description("Choosing tokens and giving them to the requests")
    @Timespan(Timespan.NANOSECONDS)
    long handingOut;
}
