package dev.gufo.server.batches;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.LocalTime;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchHoursTest {
    @Test
    void hoursBeginWithTheirFirstMinuteAndEndBeforeTheirLast() {
        BatchHours day = BatchHours.of("08:30-17:00");
        assertThat(contained(day, "08:29:59", "08:30", "16:59:59", "17:00")).containsExactly(false, true, true, false);
        BatchHours night = BatchHours.of("22:00-06:00");
        assertThat(contained(night, "21:59", "22:00", "00:00", "05:59", "06:00", "12:00"))
                .containsExactly(false, true, true, true, false, false);
        assertThat(night).hasToString("22:00-06:00");
    }

    private static List<Boolean> contained(BatchHours hours, String... times) {
        return List.of(times).stream().map(LocalTime::parse).map(hours::contain).toList();
    }

    @Test
    void whatIsNoHoursIsRefused() {
        for (String wrong :
                List.of("", "22-06", "24:00-06:00", "22:60-06:00", "22:00-22:00", "22:00-06:00 ", "22:00")) {
            assertThatThrownBy(() -> BatchHours.of(wrong))
                    .as(wrong)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'" + wrong + "'");
        }
    }
}
