package dev.gufo.server.secrets;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MaskedTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            redis://:s3cret@host:1 is no URL            | redis://***@host:1 is no URL
            redis://:s3/cr@et@host                      | redis://***@host
            'no driver for jdbc:postgresql:x?password=s3cret&ssl=on' | 'no driver for jdbc:postgresql:x?password=***&ssl=on'
            jdbc:postgresql://h/d?user=me&sslpassword=s3cret   | jdbc:postgresql://h/d?user=***&sslpassword=***
            https://me:s3cret@hub.example/f?token=s3cret       | https://***@hub.example/f?token=***
            http://127.0.0.1:8080/v1 a@b                       | http://127.0.0.1:8080/v1 a@b
            no URL, no secret: x=1                             | no URL, no secret: x=1
            """)
    void whatUrlsCarryIsNotShown(String text, String shown) {
        assertThat(Masked.text(text)).isEqualTo(shown).doesNotContain("s3c");
    }
}
