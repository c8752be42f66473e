package dev.gufo.engine.batch;

/**
 * Guesses what a smaller model, or the model's own layer that predicts ahead, would choose. A guess grows while that is
 * expected to pay: by how often such guesses were right when they were as sure, by what they cost, and by what a longer
 * step costs. Where it does not pay the source of guesses rests, and is asked again ever more seldom.
 *
 * <p>Belongs to the engine thread.
 */
final class ModelGuesser implements Guesser {
    private static final int MOST = 16;
    private static final int SHORTEST_REST = 8; // steps
    private static final int LONGEST_REST = 256;
    private static final double SMOOTHING = 0.2;

    private final DraftSource source;
    private final int[] guess = new int[MOST];
    private final double[] sure = new double[MOST];
    private int guessed; // tokens of the guess, whether worth computing or not
    private int right; // of these, that were chosen
    private double gain = 1.2; // tokens in the time of one, as guesses went lately; taken to pay until it is known
    private int rest; // steps without a guess that are left
    private int nextRest = SHORTEST_REST;

    ModelGuesser(DraftSource source) {
        this.source = source;
    }

    @Override
    public int next(int[] tokens, int count, int most, StepCost cost) {
        guessed = 0;
        right = 0;
        if (rest > 0) {
            rest--;
            return 0;
        }
        int room = Math.min(most, MOST);
        return room > 0 && source.follow(tokens, count) ? grow(room, cost) : 0;
    }

    private int grow(int room, StepCost cost) {
        DraftContext model = source.context();
        double expected = 1; // tokens of the step
        double likely = 1;
        double best = 1;
        boolean pays = true;
        int worth = 0;
        while (pays && guessed < room && model.guess()) {
            guess[guessed] = model.token();
            sure[guessed] = model.probability();
            guessed++;
            likely *= model.trust().of(model.probability());
            double longer = (expected + likely) / (cost.of(1 + guessed) + guessed * model.cost(cost));
            pays = longer > best;
            if (pays) {
                best = longer;
                expected += likely;
                worth = guessed;
                pays = guessed < room && source.take();
            }
        }
        double spent = cost.of(1 + worth) + guessed * model.cost(cost);
        gain += SMOOTHING * (expected / spent - gain);
        if (gain < 1) {
            gain = 1; // the next guess decides
            rest = nextRest;
            nextRest = Math.min(2 * nextRest, LONGEST_REST);
        } else if (worth > 0) {
            nextRest = SHORTEST_REST;
        }
        return worth;
    }

    @Override
    public void computed(int[] tokens, int from, int[] entered, int first) {
        source.computed(tokens, from, entered, first);
    }

    @Override
    public int token(int[] tokens, int number) {
        return guess[number];
    }

    @Override
    public boolean compare(int[] tokens, int count, int chosen) {
        if (right >= guessed) {
            return false;
        }
        boolean same = guess[right] == chosen;
        source.context().trust().observe(sure[right], same);
        if (same) {
            right++;
        } else {
            guessed = right;
        }
        return same;
    }
}
