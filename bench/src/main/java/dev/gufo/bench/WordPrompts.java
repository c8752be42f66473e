package dev.gufo.bench;

import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Prompts made of common English words: cheap to make, the same for the same seed, and of no shape a cache would know.
 */
final class WordPrompts {
    private static final List<String> WORDS = List.of("""
            time year people way day man thing woman life child world school state family student group country problem
            hand part place case week company system program question work government number night point home water room
            mother area money story fact month lot right study book eye job word business issue side kind head house
            service friend father power hour game line end member law car city community name president team minute idea
            kid body information back parent face others level office door health person art war history party result
            change morning reason research girl guy moment air teacher force education foot boy age policy music river
            market sense nation plan college interest death experience effect use class control field development role
            effort rate heart drug show leader light voice wife police mind price report decision son view relation town
            road arm difference value building action season society tax director position player record paper space
            ground form event matter center couple site project activity star table need court oil situation cost
            industry figure street image phone data picture practice piece land product doctor wall patient worker news
            test movie north love support technology step baby computer type attention film tree source hair window
            culture chance brother energy period course summer plant opportunity term letter condition choice rule
            daughter south husband floor campaign material population call economy hospital church risk fire future bank
            """.strip().split("\\s+"));

    private final String sharedPrefix;
    private final int sharedWords;

    /** Every prompt begins with the same {@code sharedWords} words, which depend on {@code seed}. */
    WordPrompts(int sharedWords, long seed) {
        this.sharedWords = sharedWords;
        this.sharedPrefix = random(sharedWords, new SplittableRandom(seed));
    }

    /** A prompt of {@code words} words; a part of the shared prefix if that has as many. */
    String prompt(int words, RandomGenerator random) {
        if (words > sharedWords) {
            String own = random(words - sharedWords, random);
            return sharedWords == 0 ? own : sharedPrefix + " " + own;
        }
        int end = -1;
        for (int i = 0; i < words; i++) {
            end = sharedPrefix.indexOf(' ', end + 1);
        }
        return end < 0 ? sharedPrefix : sharedPrefix.substring(0, end);
    }

    private static String random(int words, RandomGenerator random) {
        var text = new StringBuilder(words * 8);
        for (int i = 0; i < words; i++) {
            if (i > 0) {
                text.append(' ');
            }
            text.append(WORDS.get(random.nextInt(WORDS.size())));
        }
        return text.toString();
    }
}
